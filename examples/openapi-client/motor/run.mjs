// The plant: speaks the operator's protocol and runs the steps. Started once per attempt.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPort } from './lib/spi.mjs';
import { Failure } from './lib/failure.mjs';
import { STEPS } from './steps.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const port = openPort();
const request = await port.receive();
if (!request) process.exit(2);
const { traceId, workDir: dir } = request;
const profile = request.profileTargets?.[0] ?? 'plain';

function first() {
  if (request.runMode !== 'resume') return 0;
  const last = STEPS.findIndex((step) => step.name === request.checkpoint);
  if (last < 0) throw new Error(`there is no step "${request.checkpoint}" to resume after`);
  return last + 1;
}

// Tests count the steps that really ran; nothing else reads this.
function count(step) {
  if (process.env.AIOP_STEP_LOG) fs.appendFileSync(process.env.AIOP_STEP_LOG, `${traceId} ${step.name} ${request.purpose ?? 'run'}\n`);
}

const artifacts = [];
const artifact = (id, file, role) => {
  artifacts.push({ id, path: file, role });
  port.artifact(artifacts.at(-1));
};

function finish(status, started) {
  port.usage({ tokens: 0, cost_usd: 0, latency_ms: Date.now() - started });
  port.result({ traceId, status, artifacts, signals: [] });
}

const started = Date.now();
let current = 'start';
try {
  for (const step of STEPS.slice(first())) {
    current = step.name;
    count(step);
    port.log(`step ${step.name}: start (${profile})`);
    await step({ root, dir, profile, request, artifact, log: port.log });
    port.log(`step ${step.name}: done`);
    await port.checkpoint(step.name);
  }
  // Resumed after the last step: what earlier attempts made is reported again.
  if (!artifacts.length) artifact('api.ts', 'out/api.ts', 'client'), artifact('report.json', 'out/report.json', 'report');
  finish('success', started);
} catch (error) {
  if (!(error instanceof Failure)) {
    port.log(String(error.stack ?? error));
    process.exit(1);
  }
  port.log(`step ${current}: failed: ${error.details}`);
  if (current === 'check') artifact('check.log', 'out/check.log', 'log');
  port.event({ scope: error.scope, signal_type: error.signal, severity: 'error', payload: { step: current, details: error.details, ...error.payload } });
  finish('failed', started);
}
process.exit(0);
