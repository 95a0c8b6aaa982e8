// SPDX-License-Identifier: Apache-2.0
//
// The plant's side of the service interface over standard streams: serve() runs named steps in order, one checkpoint
// each. A step returns, or throws a Failure: what went wrong and on which side it was seen. All golden plants in
// JavaScript have this file; tests/golden/check_format.py holds the copies to each other.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(fileURLToPath(import.meta.url));

export class Failure extends Error {
  constructor(scope, signal, details, figure = {}) {
    super(details);
    Object.assign(this, { scope, signal, details, figure });
  }
}

// Text of a file of the motor or of the spec.
export const text = (...parts) => fs.readFileSync(path.join(...parts), 'utf8');

// What the plant's surroundings are like, as the file `name` in the folder $AIOP_GOLDEN_WORLD says: "once" loses the
// first real attempt of each app, "down" loses every one, and without the file all is well.
function lost(request, name) {
  const world = process.env.AIOP_GOLDEN_WORLD;
  const file = world && path.join(world, name);
  if (!file || !fs.existsSync(file)) return false;
  const value = fs.readFileSync(file, 'utf8').trim();
  if (value !== 'once') return value === 'down';
  const seen = `${file}.${crypto.createHash('sha256').update(request.appSpecRef).digest('hex').slice(0, 12)}`;
  if (request.purpose !== 'run' || fs.existsSync(seen)) return false;
  fs.writeFileSync(seen, '');
  return true;
}

export async function serve(steps, artifacts = []) {
  const send = (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`);
  const request = JSON.parse(fs.readFileSync(0, 'utf8').split('\n')[0]);
  const { traceId, workDir } = request;
  const file = (name) => path.join(workDir, name);
  // Latency is a figure of the plant from its first checkpoint on; without one the clock would count, and the machine's load.
  const used = { tokens: 0, cost_usd: 0, latency_ms: 0 };
  const plant = {
    request,
    spec: request.appSpecRef,
    profile: request.profileTargets?.[0] ?? '',
    load: (name) => JSON.parse(fs.readFileSync(file(name), 'utf8')),
    read: (name) => fs.readFileSync(file(name), 'utf8'),
    save: (name, value) => fs.writeFileSync(file(name), typeof value === 'string' ? value : JSON.stringify(value, null, 1)),
    file,
    use: (more) => Object.entries(more).forEach(([key, value]) => { used[key] += value; }),
    outside: (name, details) => { if (lost(request, name)) throw new Failure('motor', 'error', details); },
  };
  const names = Object.keys(steps);
  const end = (status) => send({ result: { traceId, status, artifacts: status === 'success' ? artifacts : [], signals: [] } });
  for (const name of request.runMode === 'resume' ? names.slice(names.indexOf(request.checkpoint) + 1) : names) {
    fs.writeSync(2, `step ${name}: start\n`);
    if (process.env.AIOP_STEP_LOG && request.purpose === 'run') fs.appendFileSync(process.env.AIOP_STEP_LOG, `${traceId} ${name} run\n`);
    try {
      await steps[name](plant);
    } catch (error) {
      if (!(error instanceof Failure)) throw error; // a crash, and told as one
      const { scope, signal, details, figure } = error;
      send({ event: { scope, signal_type: signal, severity: 'error', payload: { step: name, details, ...figure } } });
      return end('failed');
    }
    send({ usage: { ...used } });
    for (const key of Object.keys(used)) used[key] = 0;
    send({ checkpoint: name });
  }
  artifacts.forEach((artifact) => send({ artifact }));
  return end('success');
}
