// The service interface in JavaScript. Steps: copy, sort, count. A spec with a line FAIL fails in the step sort.
import fs from 'node:fs';
import path from 'node:path';

const send = (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`);
const request = JSON.parse(fs.readFileSync(0, 'utf8').split('\n')[0]);
const { traceId, workDir } = request;
const file = (name) => path.join(workDir, name);
const lines = (name) => fs.readFileSync(file(name), 'utf8').split('\n').filter(Boolean);

const STEPS = {
  copy() {
    const spec = fs.statSync(request.appSpecRef).isDirectory() ? path.join(request.appSpecRef, 'spec.txt') : request.appSpecRef;
    fs.copyFileSync(spec, file('copy.txt'));
  },
  sort() {
    const all = lines('copy.txt');
    if (all.includes('FAIL')) return 'the spec has a line FAIL';
    fs.writeFileSync(file('sort.txt'), all.sort().map((l) => `${l}\n`).join(''));
  },
  count() {
    fs.writeFileSync(file('count.txt'), `${lines('sort.txt').length}\n`);
  },
};

function main() {
  const names = Object.keys(STEPS);
  for (const name of request.runMode === 'resume' ? names.slice(names.indexOf(request.checkpoint) + 1) : names) {
    fs.writeSync(2, `step ${name}: start\n`);
    if (process.env.AIOP_STEP_LOG) fs.appendFileSync(process.env.AIOP_STEP_LOG, `${traceId} ${name} ${request.purpose ?? 'run'}\n`);
    const details = STEPS[name]();
    if (details) {
      send({ event: { scope: 'app', signal_type: 'validation', severity: 'error', payload: { step: name, details } } });
      return send({ result: { traceId, status: 'failed', artifacts: [], signals: [] } });
    }
    send({ checkpoint: name });
  }
  const made = { id: 'sort.txt', path: 'sort.txt', role: 'text' };
  send({ artifact: made });
  send({ usage: { tokens: 0, cost_usd: 0 } });
  send({ result: { traceId, status: 'success', artifacts: [made], signals: [] } });
}

main();
