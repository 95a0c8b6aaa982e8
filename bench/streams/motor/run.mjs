// SPDX-License-Identifier: Apache-2.0
// The plant: speaks the operator's protocol and runs the steps read, generate, check, report. Started once per attempt.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as generator from './generator.mjs';
import { Refused, check, compiler, generate, sources, withoutNetwork } from './steps.mjs';

const root = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const tool = manifest.config.generator, version = manifest.dependencies[tool];
const say = fs.writeSync.bind(fs, 1);
const send = (message) => say(`${JSON.stringify(message)}\n`);
const request = JSON.parse(fs.readFileSync(0, 'utf8').split('\n')[0]);
const { traceId, workDir } = request, out = path.join(workDir, 'out'), spec = path.join(workDir, 'spec.json');

const STEPS = {
  read: () => fs.copyFileSync(request.appSpecRef, spec),
  generate: () => generate({ generator, load: async (name) => ({ module: await import(name) }), spec, out, profile: request.profileTargets?.[0], root, version }),
  check: () => check({ tsc: compiler(createRequire(import.meta.url)), out, libraries: generator.libraries }),
  report: () => {
    const files = sources(out).map((name) => [name, createHash('sha256').update(fs.readFileSync(path.join(out, name))).digest('hex')]);
    fs.writeFileSync(path.join(workDir, 'report.json'), JSON.stringify(Object.fromEntries(files), null, 1));
  },
};

withoutNetwork();
const names = Object.keys(STEPS);
for (const step of request.runMode === 'resume' ? names.slice(names.indexOf(request.checkpoint) + 1) : names) {
  try {
    await STEPS[step]();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    send({ event: { scope: 'motor', signal_type: 'error', severity: 'error', payload: { step, details: error.message, tool } } });
    send({ result: { traceId, status: 'failed', artifacts: [], signals: [] } });
    process.exit(0);
  }
  send({ checkpoint: step });
}
const artifacts = [{ id: 'report.json', path: 'report.json', role: 'report' }];
artifacts.forEach((artifact) => send({ artifact }));
send({ result: { traceId, status: 'success', artifacts, signals: [] } });
process.exit(0);
