// SPDX-License-Identifier: Apache-2.0
// Ajv, on the schema alone: is it one of its dialect, and does every reference lead somewhere?   node validate.mjs SPEC
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const load = (name) => { const module = require(name); return module.default ?? module; };
const lines = [], tell = (line) => lines.push(`${JSON.stringify(line)}\n`);
const find = (path, message) => tell({ finding: { path, message } });
function finish() {
  fs.writeFileSync(1, lines.join(''));
  process.exit(lines.some((line) => line.startsWith('{"finding"')) ? 1 : 0);
}

let schema;
try {
  schema = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
} catch (error) {
  find('', error.message);
  finish();
}
const draft = /draft[-/](04|06|07|2019-09|2020-12)/.exec(schema.$schema ?? '')?.[1];
const dialect = !schema.$schema ? 'unmarked' : !draft ? 'unknown' : draft.length > 2 ? draft : `draft-${draft}`;
tell({ dialect });
if (dialect === 'unknown') {
  find('/$schema', 'names no known dialect');
  finish();
}
const Ajv = load({ '04': 'ajv-draft-04', '2019-09': 'ajv/dist/2019', '2020-12': 'ajv/dist/2020' }[draft] ?? 'ajv');
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
if (draft === '06') ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));

function references(node, at = '') {
  if (node === null || typeof node !== 'object') return [];
  const own = typeof node.$ref === 'string' ? [[node.$ref, at]] : [];
  return [...own, ...Object.entries(node).flatMap(([key, value]) => references(value, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`))];
}

if (!ajv.validateSchema(schema)) {
  for (const error of ajv.errors) find(error.instancePath, error.message);
  finish();
}
try {
  ajv.compile(schema);
} catch (error) {
  for (const [text, at] of error.missingRef ? references(schema) : []) {
    if (text.length > 1 && error.missingRef.replace(/#$/, '').endsWith(text.replace(/^(\.\.?\/)+/, '').replace(/#$/, ''))) find(at, `can't resolve ${error.missingRef}`);
  }
}
finish();
