// SPDX-License-Identifier: Apache-2.0
// Judges a package without this job's parser: the engine reads its code, and package.json must agree with it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
const objections = [];
let manifest = {};
try {
  manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
} catch (error) {
  objections.push(`package.json: ${error.message}`);
}
if (!manifest.name) objections.push('package.json: a name is needed');
for (const name of fs.readdirSync(folder).filter((each) => each.endsWith('.mjs')).sort()) {
  const file = path.join(folder, name);
  const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  if (status !== 0) objections.push(`${name}: ${stderr.split('\n').find((line) => line.startsWith('SyntaxError')) ?? 'does not parse'}`);
  for (const [, from] of fs.readFileSync(file, 'utf8').matchAll(/^import .* from '([^'.][^':]*)';/gm)) {
    if (!(from in (manifest.dependencies ?? {}))) objections.push(`${name}: imports ${from}, which package.json does not declare`);
  }
  if (manifest.strict && /^\s*debugger;/m.test(fs.readFileSync(file, 'utf8'))) objections.push(`${name}: a strict package has a debugger statement`);
}
console.log(JSON.stringify({ dialect: manifest.ecma ?? 'es2019' }));
for (const objection of objections) console.log(objection);
process.exit(objections.length ? 1 : 0);
