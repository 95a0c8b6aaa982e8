// What the pipeline does, in order. A step reads and writes only `workDir`; it may be the first one of this process, so it
// takes everything it needs from there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { appFailure, motorFailure } from './lib/failure.mjs';
import { dialectOf, findSpec, isJson, operations, parseDocument } from './lib/document.mjs';
import { checkDocument } from './rules/rules.mjs';

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const writeJson = (file, value) => fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

// Finds the document, reads it and keeps it as JSON (one that is JSON already, byte for byte).
async function resolve({ request, dir }) {
  let text, document;
  try {
    text = fs.readFileSync(findSpec(request.appSpecRef), 'utf8');
    document = parseDocument(text);
  } catch (error) {
    throw appFailure(`the document cannot be read: ${error.message.replaceAll(request.appSpecRef, 'the spec').split('\n')[0]}`);
  }
  fs.writeFileSync(path.join(dir, 'spec.json'), isJson(text) ? text : JSON.stringify(document));
  writeJson(path.join(dir, 'facts.json'), { title: document.info?.title ?? '', dialect: dialectOf(document),
    operations: [...operations(document)].length });
}

// Holds the document against the pipeline's own rules.
async function validate({ dir }) {
  const findings = checkDocument(readJson(path.join(dir, 'spec.json')));
  writeJson(path.join(dir, 'findings.json'), findings);
  if (!findings.length) return;
  const [first] = findings;
  throw appFailure(`${first.rule}: ${first.message} at ${first.path}`, { rule: first.rule, path: first.path, count: findings.length,
    findings: findings.slice(0, 20) });
}

// Runs the generator in a process of its own: it may crash or end the process.
async function generate({ root, dir, profile, log }) {
  fs.mkdirSync(path.join(dir, 'out'), { recursive: true });
  const made = spawnSync(process.execPath, [path.join(root, 'generate.mjs'), path.join(dir, 'spec.json'),
    path.join(dir, 'out/api.ts'), profile], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const said = plain(`${made.stdout}${made.stderr}`).replaceAll(root, '').replaceAll(dir, '');
  if (said) log(said);
  if (made.status === 0) return;
  throw motorFailure(reasonOf(said) || `the generator ended with ${made.signal ?? made.status}`, { tool: 'openapi-typescript' });
}

// Compiles what was generated, without writing anything.
async function check({ root, dir }) {
  const tsc = path.join(root, 'node_modules/typescript/lib/tsc.js');
  writeJson(path.join(dir, 'out/tsconfig.json'), { compilerOptions: { noEmit: true, strict: true, skipLibCheck: true, target: 'es2020',
    module: 'commonjs', types: [] }, files: ['api.ts'] });
  const made = spawnSync(process.execPath, [tsc, '--pretty', 'false', '-p', '.'], { cwd: path.join(dir, 'out'), encoding: 'utf8', maxBuffer: 1 << 28 });
  const errors = made.stdout.split('\n').filter((line) => /error TS\d+/.test(line));
  fs.writeFileSync(path.join(dir, 'out/check.log'), `${errors.slice(0, 200).join('\n')}\n`);
  if (made.status === 0) return;
  const code = /error (TS\d+)/.exec(errors[0] ?? '')?.[1] ?? '';
  throw motorFailure(errors[0] ?? `the compiler ended with ${made.signal ?? made.status}`, { tool: 'openapi-typescript', checker: 'tsc', code, count: errors.length,
    next: errors.slice(1, 6) });
}

// Says what was made.
async function report({ dir, artifact }) {
  const text = fs.readFileSync(path.join(dir, 'out/api.ts'));
  writeJson(path.join(dir, 'out/report.json'), { ...readJson(path.join(dir, 'facts.json')), lines: text.toString().split('\n').length,
    bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') });
  artifact('api.ts', 'out/api.ts', 'client');
  artifact('report.json', 'out/report.json', 'report');
}

const plain = (text) => text.replace(/\u001b\[[0-9;]*m/g, '').trim();

// The sentence a person would quote from a crash: the error's own line, else the last one.
export function reasonOf(text) {
  const lines = text.split('\n').map((l) => l.trim().replace(/^✘\s*/, '')).filter((l) => l && !/^(✨|🚀|at |Node\.js)/.test(l));
  return lines.find((l) => /^(\w*Error|TypeError|Uncaught)\b.*:/.test(l)) ?? lines.pop() ?? '';
}

export const STEPS = [resolve, validate, generate, check, report];
