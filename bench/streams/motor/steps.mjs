// SPDX-License-Identifier: Apache-2.0
// What this factory does with one document: generate, then type-check what came out. A step takes everything from `dir`.
// The measured matrix and the motor call the same two functions, so a failure reads the same in both.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export class Refused extends Error {}

const plain = (text) => String(text).replace(/\u001b\[[0-9;]*m/g, '').trim();
const REMOTE = Symbol.for('undici.globalDispatcher.1');

// A build must not depend on what some server answers today.
export function withoutNetwork() {
  const refuse = { dispatch: ({ origin, path: file }) => { throw new Error(`a build step has no network, refused ${origin}${file}`); } };
  Object.defineProperty(globalThis, REMOTE, { value: refuse, writable: true, configurable: true });
}

// The sentence a person would quote from a crash, free of this machine's folders.
export function reasonOf(error, folders) {
  let text = plain(error?.message || error || 'an error without a text');
  for (const [folder, name] of folders) text = text.replaceAll(folder, name);
  const lines = text.split('\n').map((line) => line.trim().replace(/^✘\s*/, '')).filter(Boolean);
  const first = lines.find((line) => /^\w*Error\b.*:/.test(line)) ?? lines[0] ?? 'an error without a text';
  const kind = error instanceof Error && error.name && !first.startsWith(error.name) ? `${error.name}: ` : '';
  return `${kind}${first}`.slice(0, 600);
}

// Runs `work`; a generator that ends the process, or drops a promise that fails, fails with what it said.
async function guarded(work) {
  const words = [], exit = process.exit, saved = {};
  for (const name of ['log', 'info', 'warn', 'error', 'debug']) {
    saved[name] = console[name];
    console[name] = (...parts) => { words.push(plain(parts.map((part) => part?.message ?? part).join(' '))); };
  }
  let reject;
  const dropped = new Promise((_, refuse) => { reject = refuse; });
  process.on('unhandledRejection', reject);
  process.exit = (code) => { throw new Error(words.filter(Boolean).pop()?.split('\n')[0] || `the generator ended the process with ${code}`); };
  try {
    return await Promise.race([work(), dropped]);
  } finally {
    await new Promise((resolve) => { setImmediate(resolve); }); // what it drops is told after what it returns
    process.removeListener('unhandledRejection', reject);
    process.exit = exit;
    Object.assign(console, saved);
  }
}

export async function generate({ generator, load, spec, out, profile, root, version }) {
  fs.mkdirSync(out, { recursive: true });
  try {
    await guarded(() => generator.generate({ load, spec, out, profile, version }));
  } catch (error) {
    throw new Refused(reasonOf(error, [[out, 'out'], [spec, 'the document'], [path.dirname(spec), 'work'], [root, 'motor']]));
  }
}

export function sources(out) {
  return fs.readdirSync(out, { recursive: true }).filter((name) => name.endsWith('.ts')).sort();
}

// The native compiler, without the Node program that only starts it. Its alias keeps it apart from the TypeScript that
// generators bring along.
export function compiler(require) {
  const beside = path.dirname(require.resolve('native-typescript/package.json'));
  const home = path.dirname(createRequire(path.join(beside, 'x.js')).resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`));
  return path.join(home, 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
}

// What the compiler says of the files below `folder`: by the first part of their path, or of all ('').
export function objections({ tsc, folder, files, libraries }) {
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ files, compilerOptions: { noEmit: true, strict: true, skipLibCheck: true,
    target: 'es2020', module: 'esnext', moduleResolution: 'bundler', types: [], lib: libraries } }));
  const made = spawnSync(tsc, ['--singleThreaded', '--pretty', 'false', '-p', '.'], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = made.stdout.split('\n').filter((line) => /error TS\d+/.test(line));
  return made.status === 0 || lines.length ? lines : [`the compiler ended with ${made.signal ?? made.status}`];
}

const TEXT_CHARACTERS = 600;

// Type-checks all that was written; fails with the first thing the compiler objects to.
export function check({ tsc, out, libraries }) {
  const files = sources(out);
  if (!files.length) throw new Refused('the generator wrote no file');
  const [first] = objections({ tsc, folder: out, files, libraries });
  if (first) throw new Refused(first.slice(0, TEXT_CHARACTERS));
}

// The same for many outputs, folders of `folder`, in few calls: {name: first objection}. The compiler reports what it cannot
// parse before all else, so those outputs are set aside and the others are asked about again.
export function checkMany({ tsc, folder, names, libraries }) {
  const found = {};
  let left = names.filter((name) => {
    if (!sources(path.join(folder, name)).length) found[name] = 'the generator wrote no file';
    return !found[name];
  });
  for (let syntax = true; syntax && left.length;) {
    const files = left.flatMap((name) => sources(path.join(folder, name)).map((file) => path.join(name, file)));
    const lines = objections({ tsc, folder, files, libraries });
    for (const line of lines) {
      const at = line.indexOf('/'), name = line.slice(0, at);
      if (left.includes(name)) found[name] ??= line.slice(at + 1).replaceAll(`${name}/`, '').slice(0, TEXT_CHARACTERS);
    }
    if (lines.length && !left.some((name) => found[name])) throw new Error(`the compiler says of no output: ${lines[0]}`);
    // Codes below 2000 are of the parser.
    syntax = lines.some((line) => /error TS1\d{3}:/.test(line));
    left = left.filter((name) => !found[name]);
  }
  return found;
}
