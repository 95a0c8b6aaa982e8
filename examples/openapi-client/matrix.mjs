#!/usr/bin/env node
// Runs every document through every generator version and both output styles, type-checks what came out, and writes
// a table. This is how the versions of the demo were chosen; nothing in the demo depends on it.
//
//   node matrix.mjs --work DIR [--only GENERATOR] [--out MATRIX.md]
//
// DIR receives the npm packages and the raw result (results.json); a second call continues where the first stopped.
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const TYPESCRIPT = '5.4.5';
const GENERATORS = {
  'openapi-typescript': ['5.2.0', '5.4.1', '6.0.0', '6.0.3', '6.1.0', '6.1.1', '6.2.0', '6.2.1', '6.2.4', '6.2.5', '6.2.9',
    '6.3.9', '6.4.0', '6.4.5', '6.5.0', '6.5.5', '6.6.0', '6.6.2', '6.7.0', '6.7.6', '7.0.0', '7.4.4', '7.13.0'],
  'openapi-typescript-codegen': ['0.9.3', '0.11.8', '0.12.5', '0.13.0', '0.16.2', '0.17.0', '0.18.1', '0.19.0', '0.21.0',
    '0.22.0', '0.23.0', '0.24.0', '0.25.0', '0.26.0', '0.27.0', '0.29.0'],
  'swagger-typescript-api': ['6.4.2', '7.0.1', '8.0.3', '9.0.2', '9.1.2', '9.3.1', '10.0.3', '11.1.3', '12.0.4', '13.0.3'],
};
const STYLES = { 'openapi-typescript': ['plain', 'strict'], 'openapi-typescript-codegen': ['client', 'types'],
  'swagger-typescript-api': ['client', 'types'] };
const LIMIT_MS = 60_000;

const args = Object.fromEntries(process.argv.slice(2).join(' ').split('--').filter(Boolean).map((s) => s.trim().split(' ')));

// ---------------------------------------------------------------- one worker: one generator version, one style
async function generate(require, generator, version, style, spec, out) {
  const name = `${generator}-${version}`;
  if (generator === 'openapi-typescript-codegen') {
    const options = { input: spec, output: out, httpClient: 'fetch' };
    if (style === 'types') Object.assign(options, { exportCore: false, exportServices: false, exportSchemas: false });
    await require(name).generate(options);
  } else if (generator === 'swagger-typescript-api') {
    const module = require(name);
    await module.generateApi({ name: 'api.ts', output: out, input: spec, silent: true, httpClientType: 'fetch',
      generateClient: style === 'client', cleanOutput: false });
  } else {
    const home = path.dirname(require.resolve(`${name}/package.json`));
    const module = await import(pathToFileURL(path.join(home, fs.existsSync(path.join(home, 'dist/index.mjs')) ? 'dist/index.mjs' : 'dist/index.js')).href);
    const options = style === 'strict' ? { immutableTypes: true, immutable: true, alphabetize: true } : {};
    const source = version.startsWith('5') ? spec : pathToFileURL(spec);
    const made = await module.default(source, { ...options, silent: true });
    fs.mkdirSync(out, { recursive: true });
    fs.writeFileSync(path.join(out, 'api.ts'), typeof made === 'string' ? made : module.astToString(made));
  }
}

function makeChecker(require) {
  const ts = require('typescript');
  const options = { noEmit: true, strict: true, skipLibCheck: true, target: ts.ScriptTarget.ES2020,
    module: ts.ModuleKind.CommonJS, lib: ['lib.es2021.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] };
  const host = ts.createCompilerHost(options);
  const cache = new Map(), original = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) => {
    if (!file.includes('/typescript/lib/')) return original(file, ...rest);
    if (!cache.has(file)) cache.set(file, original(file, ...rest));
    return cache.get(file);
  };
  return (folder) => {
    const files = fs.readdirSync(folder, { recursive: true }).filter((f) => f.endsWith('.ts')).map((f) => path.join(folder, f));
    if (!files.length) return 'no file was generated';
    const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options, host));
    if (!found.length) return '';
    const d = found[0];
    return `TS${d.code} ${ts.flattenDiagnosticMessageText(d.messageText, ' ').split('\n')[0]} (${found.length})`;
  };
}

async function worker([generator, version, style, work]) {
  const require = createRequire(path.join(work, 'x.js'));
  const write = fs.writeSync.bind(fs, 1);
  console.log = console.info = console.warn = () => {};
  const check = makeChecker(require);
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, spec } = JSON.parse(line);
    const out = path.join(work, 'out', generator, version, style, id.replace(/[^\w.-]/g, '_'));
    fs.rmSync(out, { recursive: true, force: true });
    const begin = Date.now();
    let stage = 'generate', error = '';
    try {
      await generate(require, generator, version, style, spec, out);
      stage = 'check';
      error = check(out);
    } catch (e) { error = String(e?.message ?? e).split('\n')[0].replaceAll(work, '') || 'error without a text'; }
    fs.rmSync(out, { recursive: true, force: true });
    write(JSON.stringify({ id, ok: !error, stage: error ? stage : '', error: error.slice(0, 200), ms: Date.now() - begin }) + '\n');
  }
}

// ---------------------------------------------------------------- the driver
function lastLine(text) {
  return text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').map((l) => l.trim()).filter(Boolean).pop() ?? '';
}

function runColumn(generator, version, style, work, docs, done) {
  return new Promise((resolve) => {
    const left = docs.filter((d) => !done[`${generator}@${version}/${style}/${d.id}`]);
    const start = () => {
      if (!left.length) return resolve();
      const child = spawn(process.execPath, ['--max-old-space-size=3000', fileURLToPath(import.meta.url), '--worker', generator, version, style, work],
        { stdio: ['pipe', 'pipe', 'pipe'] });
      let timer, said = '';
      child.stderr.on('data', (d) => { said = (said + d).slice(-4000); });
      const next = () => {
        if (!left.length) return child.stdin.end();
        child.stdin.write(JSON.stringify(left[0]) + '\n');
        timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      };
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (!line.startsWith('{"id"')) return;
        clearTimeout(timer);
        done[`${generator}@${version}/${style}/${left.shift().id}`] = JSON.parse(line);
        next();
      });
      child.stdin.on('error', () => {});
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        if (left.length) {
          done[`${generator}@${version}/${style}/${left[0].id}`] = { id: left[0].id, ok: false, stage: 'generate', ms: LIMIT_MS,
            error: signal ? `no answer within ${LIMIT_MS / 1000} s` : `exit ${code}: ${lastLine(said)}` };
          left.shift();
        }
        start();
      });
      next();
    };
    start();
  });
}

function install(work, generators) {
  const dependencies = { typescript: TYPESCRIPT };
  for (const [g, versions] of Object.entries(generators)) for (const v of versions) dependencies[`${g}-${v}`] = `npm:${g}@${v}`;
  fs.mkdirSync(work, { recursive: true });
  const file = path.join(work, 'package.json'), text = JSON.stringify({ private: true, dependencies }, null, 1);
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return;
  fs.writeFileSync(file, text);
  const made = spawnSync('npm', ['install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'], { cwd: work, stdio: 'inherit' });
  if (made.status) { fs.rmSync(file); process.exit(1); }
}

async function main() {
  const work = path.resolve(args.work ?? 'matrix-work');
  const wanted = args.only ? { [args.only]: GENERATORS[args.only] } : GENERATORS;
  install(work, GENERATORS);
  const { listDocuments } = await import(pathToFileURL(path.join(HERE, 'documents.mjs')).href);
  const docs = listDocuments(args.apps ?? path.join(HERE, 'apps')).filter((d) => !d.huge);
  const resultFile = path.join(work, 'results.json');
  const done = fs.existsSync(resultFile) ? JSON.parse(fs.readFileSync(resultFile)) : {};
  const columns = [];
  for (const [g, versions] of Object.entries(wanted)) for (const v of versions) for (const s of STYLES[g]) columns.push([g, v, s]);
  const total = columns.length;
  const lane = async () => {
    for (let c; (c = columns.shift());) {
      await runColumn(...c, work, docs, done);
      fs.writeFileSync(resultFile, JSON.stringify(done));
      process.stderr.write(`${total - columns.length}/${total} ${c.join(' ')}\n`);
    }
  };
  await Promise.all([lane(), lane()]);
  const { writeTable } = await import(pathToFileURL(path.join(HERE, 'matrix-table.mjs')).href);
  writeTable({ done, docs, generators: wanted, styles: STYLES, typescript: TYPESCRIPT, out: args.out ?? path.join(HERE, 'MATRIX.md') });
}

if (process.argv[2] === '--worker') await worker(process.argv.slice(3));
else await main();
