// Every program file must parse, every dependency must be pinned to one version, and the lock file must agree.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const bad = [];
const files = ['.', 'lib', 'rules', 'validators', 'tests'].flatMap((dir) => fs.readdirSync(path.join(root, dir))
  .filter((name) => name.endsWith('.mjs')).map((name) => path.join(root, dir, name)));
for (const file of files) {
  const made = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  if (made.status !== 0) bad.push(`${path.relative(root, file)}: ${made.stderr.split('\n').find((l) => /Error/.test(l))}`);
}
const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json')));
const { packages } = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json')));
for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) bad.push(`package.json: ${name} is not pinned: ${version}`);
  else if (packages[`node_modules/${name}`]?.version !== version) bad.push(`package-lock.json: ${name} is not ${version}`);
}
if (bad.length) console.log(bad.join('\n'));
process.exit(bad.length ? 1 : 0);
