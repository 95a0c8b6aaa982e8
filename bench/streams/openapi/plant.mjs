// SPDX-License-Identifier: Apache-2.0
// The plant of API documents: every document of @readme/oas-examples in every revision, and three published generators.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

export const name = 'openapi';
export const kind = 'code';
export const about = 'API documents become type-checked TypeScript.';
export const file = 'spec.json'; // what a document is called where it is read

// Older packages are earlier revisions of the same documents, in this order.
export const packages = ['3.0.0', '3.6.0', '4.5.0', '5.1.1', '5.8.1', '5.13.0', '5.20.1', '6.1.4', '7.2.1', '8.2.2'];
// Where npm packages lie in the cache, and which.
export const folders = { documents: 'documents', validators: 'validators' };
export const sources = Object.fromEntries(packages.map((version) => [`oas-${version}`, `npm:@readme/oas-examples@${version}`]));
export const validators = { '@readme/openapi-parser': '2.7.0', '@redocly/openapi-core': '1.34.5', '@seriousme/openapi-schema-validator': '2.2.5' };
const SWAGGER = 'swagger-2.0', OPENAPI = 'openapi-3.0', LATER = 'openapi-3.1';

// What every motor of this plant has beside its generator.
export const tools = { '@redocly/openapi-core': '1.34.5', '@seriousme/openapi-schema-validator': '2.2.5', 'native-typescript': 'npm:typescript@7.0.2' };

// Versions in their order, each with what its README says it reads. `moments`: versions that the stream stops at.
export const generators = {
  'openapi-typescript': {
    profiles: ['plain', 'strict'],
    moments: ['6.0.3', '6.1.0', '6.4.5', '6.6.0', '7.4.4'],
    beside: { '7.4.4': { typescript: '5.4.5' } }, // its peer
    versions: {
      '5.4.1': [SWAGGER, OPENAPI], '6.0.3': [OPENAPI, LATER], '6.1.0': [OPENAPI, LATER], '6.2.5': [OPENAPI, LATER], '6.4.5': [OPENAPI, LATER],
      '6.6.0': [OPENAPI, LATER], '6.7.6': [OPENAPI, LATER], '7.4.4': [OPENAPI, LATER],
    },
  },
  'openapi-typescript-codegen': {
    profiles: ['client', 'models'],
    moments: ['0.9.3', '0.21.0', '0.23.0', '0.29.0'],
    versions: Object.fromEntries(['0.9.3', '0.21.0', '0.23.0', '0.25.0', '0.29.0'].map((version) => [version, [SWAGGER, OPENAPI]])),
  },
  'swagger-typescript-api': {
    profiles: ['client', 'extracted'],
    moments: ['1.12.0', '5.1.7', '9.3.1', '11.1.3'],
    versions: Object.fromEntries(['1.12.0', '5.1.7', '9.3.1', '11.1.3', '13.0.3'].map((version) => [version, [SWAGGER, OPENAPI]])),
  },
};

// [{id, revisions: [{since, text}]}]: one revision per content, oldest first.
export function documents(cache) {
  const found = new Map();
  for (const since of packages) {
    const home = path.join(cache, 'documents/node_modules', `oas-${since}`);
    for (const file of fs.readdirSync(home, { recursive: true }).sort()) {
      const match = /^(\d\.\d)\/json\/(.*)\.json$/.exec(file);
      if (!match) continue;
      const id = `${match[1]}/${match[2]}`, text = fs.readFileSync(path.join(home, file), 'utf8');
      const revisions = found.get(id) ?? [];
      const same = revisions.length && JSON.stringify(JSON.parse(revisions.at(-1).text)) === JSON.stringify(JSON.parse(text));
      if (!same) revisions.push({ since, text });
      found.set(id, revisions);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, revisions]) => ({ id, revisions }));
}

export function dialectOf(document) {
  if (typeof document.swagger === 'string') return `swagger-${document.swagger}`;
  const version = /^(\d+\.\d+)/.exec(String(document.openapi ?? ''));
  return version ? `openapi-${version[1]}` : 'unknown';
}

// The document said to be of another dialect, and nothing else changed, by dialect.
export const redeclared = (document) => (dialectOf(document) === LATER ? { [OPENAPI]: { ...document, openapi: '3.0.3' } } : {});

// The same as a JSON Schema of the documents that a motor takes.
export function accepts(dialects) {
  const marks = { [SWAGGER]: ['swagger', '^2[.]0'], [OPENAPI]: ['openapi', '^3[.]0'], [LATER]: ['openapi', '^3[.]1'] };
  return { type: 'object', anyOf: dialects.map((dialect) => {
    const [word, pattern] = marks[dialect];
    return { required: [word], properties: { [word]: { type: 'string', pattern } } };
  }) };
}

// ---- What independent validators say of a document alone: [{by, path, message}] ----

const RULES = ['struct', 'no-unresolved-refs', 'security-defined', 'path-parameters-defined', 'operation-operationId-unique',
  'operation-parameters-unique', 'no-identical-paths', 'no-undefined-server-variable'];
// Findings of these rules that go beyond the specification.
const STRICTER = [/^Every operation should have security/, /^The `type` field must be defined when the `nullable`/,
  /^Property `nullable` is not expected here/]; // JSON Schema, which 3.1 adopts, ignores words it does not know

export async function judges(cache) {
  const require = createRequire(path.join(cache, 'validators/x.js'));
  const { Validator } = await import(require.resolve('@seriousme/openapi-schema-validator').replace(/^/, 'file://'));
  const redocly = require('@redocly/openapi-core'), parser = require('@readme/openapi-parser');
  const config = await redocly.createConfig({ rules: Object.fromEntries(RULES.map((rule) => [rule, 'error'])) });
  return async (document) => {
    const found = [];
    const version = { [SWAGGER]: '2.0', [OPENAPI]: '3.0', [LATER]: '3.1' }[dialectOf(document)];
    if (!version) return [{ by: 'schema', path: '', message: 'neither Swagger 2.0 nor OpenAPI 3.0 or 3.1' }];
    const accepts = new Validator({ validateFormats: false }).getAjvValidator(version);
    if (!accepts(document)) found.push(...accepts.errors.map((error) => ({ by: 'schema', path: error.instancePath, message: error.message })));
    const problems = await redocly.lintFromString({ source: JSON.stringify(document), absoluteRef: '/document.json', config });
    for (const problem of problems) {
      const at = (problem.location[0]?.pointer ?? '').replace(/^#\/?/, '/').replace(/^\/$/, '');
      if (problem.severity !== 'error' || STRICTER.some((text) => text.test(problem.message)) || /\/x-[^/]*\//.test(at)) continue;
      found.push({ by: 'redocly', path: at, message: `${problem.ruleId}: ${problem.message.split('\n')[0]}` });
    }
    try {
      await parser.validate(structuredClone(document), { resolve: { http: false, external: false }, validate: { colorizeErrors: false } });
    } catch (error) {
      if (error instanceof TypeError) return found; // the validator broke, and said nothing of the document
      const text = String(error.message).split('\n').map((line) => line.trim()).filter(Boolean);
      const at = /(\/(?:paths|components|definitions)\/\S+)/.exec(error.details?.[0]?.instancePath ?? text.join(' '))?.[1] ?? '';
      found.push({ by: 'readme', path: at.replace(/[:,.]$/, ''), message: text.slice(0, 2).join(' ').slice(0, 200) });
    }
    return found;
  };
}
