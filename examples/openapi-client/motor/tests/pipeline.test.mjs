// Drives the plant as the operator does, over its standard streams.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const STEPS = ['resolve', 'validate', 'generate', 'check', 'report'];

function scratch(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'openapi-client-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Runs one attempt; stops acknowledging after `until`.
function attempt(request, until) {
  return new Promise((done) => {
    const plant = spawn(process.execPath, [path.join(root, 'run.mjs')], { stdio: ['pipe', 'pipe', 'pipe'] });
    const got = { checkpoints: [], events: [], artifacts: [], result: null, code: null };
    plant.stderr.resume();
    plant.stdin.on('error', () => {});
    plant.stdin.write(`${JSON.stringify({ motorVersion: 'test', profileTargets: ['plain'], traceId: 't', purpose: 'run', ...request })}\n`);
    createInterface({ input: plant.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.checkpoint) {
        got.checkpoints.push(message.checkpoint);
        if (message.checkpoint === until) plant.stdin.end();
        else plant.stdin.write(`${JSON.stringify({ ack: message.checkpoint })}\n`);
      }
      if (message.event) got.events.push(message.event);
      if (message.artifact) got.artifacts.push(message.artifact.id);
      if (message.result) got.result = message.result;
    });
    plant.on('close', (code) => done({ ...got, code }));
  });
}

for (const name of fs.readdirSync(path.join(root, 'golden')).sort()) {
  for (const profile of ['plain', 'strict']) {
    test(`${name} becomes ${profile} types that compile`, async (t) => {
      const workDir = scratch(t);
      const got = await attempt({ appSpecRef: path.join(root, 'golden', name), workDir, profileTargets: [profile] });
      assert.equal(got.result?.status, 'success', JSON.stringify(got.events));
      assert.deepEqual(got.checkpoints, STEPS);
      const text = fs.readFileSync(path.join(workDir, 'out/api.ts'), 'utf8');
      assert.equal(/^\s+readonly /m.test(text), profile === 'strict');
      assert.match(text, /export interface (paths|operations|components)/);
    });
  }
}

test('a run cut off at a checkpoint goes on after it and redoes nothing', async (t) => {
  const workDir = scratch(t), appSpecRef = path.join(root, 'golden/bookshop.json');
  const first = await attempt({ appSpecRef, workDir }, 'validate');
  assert.deepEqual(first.checkpoints, ['resolve', 'validate']);
  assert.equal(first.result, null);
  const second = await attempt({ appSpecRef, workDir, runMode: 'resume', checkpoint: 'validate' });
  assert.deepEqual(second.checkpoints, STEPS.slice(2));
  assert.equal(second.result.status, 'success');
});

test('a document that breaks a rule fails in validate, once, as an app fault', async (t) => {
  const dir = scratch(t), appSpecRef = path.join(dir, 'openapi.yaml');
  fs.writeFileSync(appSpecRef, 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\npaths:\n  /a:\n    get: {responses: {}}\n');
  const got = await attempt({ appSpecRef, workDir: dir });
  assert.equal(got.result.status, 'failed');
  assert.deepEqual(got.checkpoints, ['resolve']);
  assert.equal(got.events.length, 1);
  assert.equal(got.events[0].scope, 'app');
  assert.equal(got.events[0].signal_type, 'validation');
  assert.equal(got.events[0].payload.details,
    'everyOperationHasAResponse: the operation declares no response code at /paths/~1a/get/responses');
});
