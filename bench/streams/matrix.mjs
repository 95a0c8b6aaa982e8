// SPDX-License-Identifier: Apache-2.0
// Runs every document of a plant, in every revision and as its repaired twin, through every version of every generator and
// both profiles, without aiop, and keeps what came of it by the content of its inputs. A second call goes on where the
// first stopped.
//   node matrix.mjs PLANT --cache DIR [--only GENERATOR] [--every N] [--jobs N]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { repaired } from './twin.mjs';

const LIMIT_MS = 90_000;

export const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
export const keyOf = (tool, version, profile, text) => `${tool}@${version}/${profile}/${hashOf(text)}`;

// Lines of a file, as they are needed: what was found stays found.
export class Kept {
  constructor(file) {
    this.file = file;
    this.entries = new Map();
    if (!fs.existsSync(file)) return;
    for (const line of fs.readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      try { const entry = JSON.parse(line); this.entries.set(entry.key, entry); } catch { /* the last line of a killed call */ }
    }
  }
  get(key) { return this.entries.get(key); }
  put(entry) { this.entries.set(entry.key, entry); fs.appendFileSync(this.file, `${JSON.stringify(entry)}\n`); }
}

// All variants of all documents: {id, since, text, findings, twin, cuts, declared}, judged once per content. `twin` is the
// repaired text; `declared` maps a dialect to the text that says to be of it, if validators accept it as such.
export async function variants(plant, cache) {
  const kept = new Kept(path.join(cache, `${plant.name}-judged.jsonl`));
  let judge;
  const found = [];
  for (const { id, revisions } of plant.documents(cache)) {
    for (const { since, text } of revisions) {
      const key = hashOf(text);
      if (!kept.get(key)) {
        judge ??= await plant.judges(cache);
        const document = JSON.parse(text), findings = await judge(document);
        const twin = findings.length ? await repaired(document, judge) : null;
        const declared = {};
        for (const [dialect, other] of Object.entries(plant.redeclared(document))) {
          if (!(await judge(other)).length) declared[dialect] = JSON.stringify(other, null, 2);
        }
        kept.put({ key, declared, findings: findings.slice(0, 20), cuts: twin?.cuts ?? [], twin: twin?.document ? JSON.stringify(twin.document, null, 2) : null });
      }
      const { findings, twin, cuts, declared } = kept.get(key);
      found.push({ id, since, text, findings, twin, cuts, declared });
    }
  }
  return found;
}

// Batches are small enough to lose one, and large enough for the compiler's start not to count.
const BATCH = 60;

function batch(plant, tool, version, cache, wanted, kept) {
  const left = [...wanted];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--max-old-space-size=3000', new URL('worker.mjs', import.meta.url).pathname, plant.name, tool, version, cache], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '', timer;
    const next = () => {
      timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      if (left.length) child.stdin.write(`${JSON.stringify(left[0])}\n`);
      else child.stdin.end();
    };
    child.stdin.on('error', () => {});
    child.stderr.on('data', (data) => { said = (said + data).slice(-4000); });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!/^\{"(key|made)"/.test(line)) return;
      const answer = JSON.parse(line), asked = left[0]?.key;
      if (answer.key) kept.put(answer);
      if (asked !== (answer.key ?? answer.made)) return;
      clearTimeout(timer);
      left.shift();
      next();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) process.stderr.write(`${tool}@${version} ended with ${signal ?? code} at ${left[0]?.key ?? 'the check'}: ${said.slice(-600)}\n`);
      if (left.length) kept.put({ key: left[0].key, ok: false, step: 'generate', text: signal ? `no answer within ${LIMIT_MS / 1000} s` : 'the process ended' });
      resolve(code === 0 || left.length > 0);
    });
    next();
  });
}

async function column(plant, tool, version, cache, wanted, kept) {
  for (let left; (left = wanted.filter((each) => !kept.get(each.key))).length;) {
    if (!await batch(plant, tool, version, cache, left.slice(0, BATCH), kept)) throw new Error(`${tool}@${version}: the check of a batch failed`);
  }
}

async function main([name, ...rest]) {
  const option = (flag, otherwise) => (rest.includes(flag) ? rest[rest.indexOf(flag) + 1] : otherwise);
  const cache = path.resolve(option('--cache', 'cache')), every = Number(option('--every', 1));
  const plant = await import(`./${name}/plant.mjs`);
  const all = (await variants(plant, cache)).filter((_, number) => number % every === 0);
  const kept = new Kept(path.join(cache, `${name}-outcomes.jsonl`));
  const columns = Object.entries(plant.generators).filter(([tool]) => tool === option('--only', tool))
    .flatMap(([tool, { versions, profiles }]) => Object.keys(versions).map((version) => [tool, version, profiles]));
  const total = columns.length, begin = Date.now();
  const lane = async () => {
    for (let next; (next = columns.shift());) {
      const [tool, version, profiles] = next;
      const wanted = new Map();
      for (const { text, twin, declared } of all) {
        for (const each of [text, twin, ...Object.values(declared)].filter(Boolean)) {
          for (const profile of profiles) wanted.set(keyOf(tool, version, profile, each), { key: keyOf(tool, version, profile, each), text: each, profile, file: plant.file });
        }
      }
      await column(plant, tool, version, cache, [...wanted.values()], kept);
      const failed = [...wanted.keys()].filter((key) => !kept.get(key).ok).length;
      process.stderr.write(`${total - columns.length}/${total} ${tool} ${version}: ${failed} of ${wanted.size} fail (${Math.round((Date.now() - begin) / 1000)} s)\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(option('--jobs', 1)) }, lane));
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main(process.argv.slice(2));
