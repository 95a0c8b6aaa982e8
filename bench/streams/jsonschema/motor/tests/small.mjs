// SPDX-License-Identifier: Apache-2.0
// The pipeline as a whole, on a small schema.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(path.dirname(new URL(import.meta.url).pathname), '..');
const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'small-'));
const document = { title: 'Pet', type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false };
fs.writeFileSync(path.join(workDir, 'pet.json'), JSON.stringify(document));
const profile = /^profiles: \[?\s*"?([\w-]+)/m.exec(fs.readFileSync(path.join(root, 'motor.yaml'), 'utf8'))[1];
const input = `${JSON.stringify({ traceId: 't', runMode: 'full', workDir, appSpecRef: path.join(workDir, 'pet.json'), profileTargets: [profile] })}\n`;
const made = spawnSync(process.execPath, ['run.mjs'], { cwd: root, input, encoding: 'utf8' });
fs.rmSync(workDir, { recursive: true });
assert.strictEqual(made.status, 0, made.stderr);
assert.match(made.stdout, /"result":\{.*"status":"success"/);
