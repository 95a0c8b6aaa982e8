// SPDX-License-Identifier: Apache-2.0
// Steps: read, parse, imports, lint, test, coverage, pack, publish.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Failure, root, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

const sources = (plant) => plant.load('files.json').filter((name) => name.endsWith('.mjs'));

function read(plant) {
  const files = fs.readdirSync(plant.spec).sort();
  if (!files.includes('package.json')) throw new Failure('app', 'validation', 'the folder has no package.json');
  plant.save('package.json', text(plant.spec, 'package.json'));
  plant.save('files.json', files);
}

function parse(plant) {
  const trees = {};
  for (const name of sources(plant)) {
    try {
      trees[name] = rules.parse(text(plant.spec, name));
    } catch (error) {
      throw new Failure('app', 'error', `${name}: SyntaxError: ${error.message}`);
    }
  }
  plant.save('trees.json', JSON.stringify(trees, (key, value) => (typeof value === 'bigint' ? `${value}n` : value)));
}

function imports(plant) {
  const declared = plant.load('package.json').dependencies ?? {};
  for (const [name, tree] of Object.entries(plant.load('trees.json'))) {
    for (const { source } of tree.body.filter((node) => node.source)) {
      const from = source.value;
      if (from.startsWith('node:')) continue;
      if (from.startsWith('.')) {
        if (!fs.existsSync(path.join(plant.spec, from))) throw new Failure('app', 'error', `${name}: Cannot find module '${from}'`);
      } else if (!fs.existsSync(path.join(root, 'vendor', from))) {
        throw new Failure('app', 'error', `${name}: Cannot find package '${from}', the build has no such dependency`);
      } else if (!(from in declared) && rules.UNDECLARED_IMPORTS !== 'allowed') {
        throw new Failure('app', 'validation', `${name}: the dependency '${from}' is not declared`);
      }
    }
  }
}

function lint(plant) {
  for (const [name, tree] of Object.entries(plant.load('trees.json'))) {
    for (const { type } of rules.nodes(tree)) {
      const level = rules.REFUSED[type];
      if (level === 'relaxed' || (level && level === plant.profile)) throw new Failure('app', 'validation', `${name}: lint: ${type} is not allowed`);
    }
    const said = rules.textual(text(plant.spec, name), plant.profile);
    if (said) throw new Failure('app', 'validation', `${name}: lint: ${said}`);
  }
}

function test(plant) {
  const { name, matrix = 1 } = plant.load('package.json');
  plant.use({ cost_usd: matrix * rules.CENTS_PER_TEST / 100 });
  plant.outside('ports', 'test failed: Error: listen EADDRINUSE: address already in use 127.0.0.1:8080');
  const folder = plant.file(path.join('packages', name));
  fs.cpSync(plant.spec, folder, { recursive: true });
  fs.cpSync(path.join(root, 'vendor'), path.join(folder, 'node_modules'), { recursive: true });
  const cwd = plant.file(rules.testFolder(name));
  const { status, stderr } = spawnSync(process.execPath, [path.join(folder, 'test.mjs')], { cwd, encoding: 'utf8', timeout: 20000 });
  if (status !== 0) {
    const said = stderr.split('\n').find((line) => /^\w*(Error|Failure)\b/.test(line)) ?? stderr.trim().split('\n').at(-1);
    throw new Failure('app', 'error', `test failed: ${said}`);
  }
}

function coverage(plant) {
  const { coverage: wanted = 0 } = plant.load('package.json');
  const names = Object.entries(plant.load('trees.json')).filter(([name]) => name !== 'test.mjs')
    .flatMap(([, tree]) => tree.body.filter((node) => node.type === 'ExportNamedDeclaration').flatMap(({ declaration }) =>
      declaration?.declarations?.map((each) => each.id.name) ?? (declaration?.id ? [declaration.id.name] : [])));
  const value = rules.covered(names, text(plant.spec, 'test.mjs'));
  if (value < wanted) throw new Failure('app', 'coverage', 'the tests cover too little of the package', { value, budget: wanted, unit: '1' });
}

function pack(plant) {
  plant.save('pack.txt', sources(plant).map((name) => `==> ${name}\n${text(plant.spec, name)}`).join(''));
}

function publish(plant) {
  plant.outside('registry', 'publish: 503 Service Unavailable');
  plant.save('published.txt', plant.read('pack.txt'));
}

await serve({ read, parse, imports, lint, test, coverage, pack, publish }, [{ id: 'package', path: 'published.txt', role: 'package' }]);
