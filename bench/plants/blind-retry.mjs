#!/usr/bin/env node
// What blind retry costs on the demo: every app up to three times from scratch, on the motor as it stands.
//
//   node blind-retry.mjs MOTOR_CHECKOUT APPS_DIR [--all] [--attempts 3] [--json]
//
// MOTOR_CHECKOUT is a checkout of the demo's motor after `npm ci`, APPS_DIR the folder whose node_modules holds the documents.
// Without --all the apps of the demo are run, with it every document in both styles. Prints plant-seconds (wall time of the
// plant's processes, one after the other) and how many runs succeeded.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const demo = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../examples/openapi-client');
const [motor, apps, ...flags] = process.argv.slice(2);
const attempts = flags.includes('--attempts') ? Number(flags[flags.indexOf('--attempts') + 1]) : 3;

async function wanted() {
  if (flags.includes('--all')) {
    const { listDocuments } = await import(pathToFileURL(path.join(demo, 'documents.mjs')).href);
    return listDocuments(apps).map((d) => ({ name: d.id, spec: d.spec, profiles: ['plain', 'strict'] }));
  }
  return JSON.parse(fs.readFileSync(path.join(demo, 'apps.json'), 'utf8')).apps
    .map((a) => ({ name: a.name, spec: path.join(apps, 'node_modules', a.package, a.file), profiles: a.profiles ?? ['plain'] }));
}

function attempt(spec, profile) {
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'blind-retry-'));
  return new Promise((resolve) => {
    const begin = process.hrtime.bigint();
    const got = { status: 'crashed', steps: 0 };
    const plant = spawn(process.execPath, [path.join(motor, 'run.mjs')], { cwd: motor, stdio: ['pipe', 'pipe', 'ignore'] });
    plant.stdin.on('error', () => {});
    plant.stdin.write(`${JSON.stringify({ appSpecRef: spec, profileTargets: [profile], motorVersion: '', runMode: 'fresh', traceId: 'retry',
      motorRef: motor, workDir, purpose: 'experiment' })}\n`);
    createInterface({ input: plant.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.checkpoint) { got.steps++; plant.stdin.write(`${JSON.stringify({ ack: message.checkpoint })}\n`); }
      if (message.result) got.status = message.result.status;
    });
    plant.on('close', () => {
      fs.rmSync(workDir, { recursive: true, force: true });
      resolve({ ...got, seconds: Number(process.hrtime.bigint() - begin) / 1e9 });
    });
  });
}

const total = { runs: 0, succeeded: 0, attempts: 0, steps: 0, steps_redone: 0, plant_seconds: 0 };
for (const app of await wanted()) for (const profile of app.profiles) {
  total.runs++;
  let furthest = 0;
  for (let n = 1; n <= attempts; n++) {
    const got = await attempt(app.spec, profile);
    total.attempts++, total.steps += got.steps, total.plant_seconds += got.seconds;
    total.steps_redone += Math.min(got.steps, furthest);
    furthest = Math.max(furthest, got.steps);
    process.stderr.write(`${app.name} ${profile} attempt ${n}: ${got.status} ${got.seconds.toFixed(1)} s\n`);
    if (got.status === 'success') { total.succeeded++; break; }
  }
}
total.plant_seconds = Math.round(total.plant_seconds * 10) / 10;
if (flags.includes('--json')) console.log(JSON.stringify(total));
else console.log(`blind retry, ${attempts} attempts: ${total.succeeded} of ${total.runs} runs succeeded; ${total.plant_seconds} plant-seconds, `
  + `${total.attempts} attempts, ${total.steps} steps`);
