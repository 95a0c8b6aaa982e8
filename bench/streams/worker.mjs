// SPDX-License-Identifier: Apache-2.0
// One warm process for one version of one generator: {key, text, profile, file} per line in, answered by {made} or by what
// failed; at the end of the input all that was made is checked at once, and {key, ok, step, text} told of each.
//   node worker.mjs PLANT GENERATOR VERSION CACHE
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [plant, tool, version, cache] = process.argv.slice(2);
const here = path.dirname(new URL(import.meta.url).pathname);
const home = path.join(cache, 'generators/node_modules', `${tool}-${version}`);
const require = createRequire(path.join(cache, 'generators/x.js'));
const steps = await import('./motor/steps.mjs');
const generator = await import(`./${plant}/generators/${tool}.mjs`);

// What a program that imports the package by its name would get.
const load = async () => {
  const { exports, main, module } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
  const root = exports?.['.'] ?? exports;
  const pick = (node) => (typeof node === 'string' || !node ? node : pick(node.import ?? node.node ?? node.default ?? node.require));
  const file = pick(root) ?? (typeof main === 'string' ? main : 'index.js');
  const target = fs.existsSync(path.join(home, file)) && fs.statSync(path.join(home, file)).isFile() ? path.join(home, file) : createRequire(path.join(home, 'x.js')).resolve(home);
  return { module: await import(pathToFileURL(target).href) };
};

if (steps.withoutNetwork) steps.withoutNetwork();
const tsc = steps.compiler(createRequire(path.join(cache, 'compiler/x.js')));
const work = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : cache, 'stream-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));
const say = (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`);
const made = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { key, text, profile, file } = JSON.parse(line);
  const name = String(made.length), out = path.join(work, name), spec = path.join(work, `spec-${name}`, file);
  fs.mkdirSync(path.dirname(spec), { recursive: true });
  fs.writeFileSync(spec, text);
  try {
    await steps.generate({ generator, load, spec, out, profile, root: here, version });
    made.push({ key, name });
    say({ made: key });
  } catch (error) {
    if (!(error instanceof steps.Refused)) throw error;
    made.push({ key });
    say({ key, ok: false, step: 'generate', text: error.message });
  }
}
const names = made.map((each) => each.name).filter(Boolean);
const found = steps.checkMany({ tsc, folder: work, names, libraries: generator.libraries });
for (const { key, name } of made) {
  if (name) say(found[name] ? { key, ok: false, step: 'check', text: found[name] } : { key, ok: true });
}
process.exit(0);
