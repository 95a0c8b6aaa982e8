// SPDX-License-Identifier: Apache-2.0
// Two validators by other people: the official JSON Schema of the document's version, and Redocly's linter held to what the
// specification demands.   node validate.mjs SPEC
import fs from 'node:fs';
import { createConfig, lint } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';

const RULES = ['struct', 'no-unresolved-refs', 'security-defined', 'path-parameters-defined', 'operation-operationId-unique',
  'operation-parameters-unique', 'no-identical-paths', 'no-undefined-server-variable'];
// Findings that go beyond the specification: security is optional, and JSON Schema ignores words that it does not know.
const STRICTER = [/^Every operation should have security/, /^The `type` field must be defined when the `nullable`/, /^Property `nullable` is not expected here/];
const SCHEMAS = { 'swagger-2.0': '2.0', 'openapi-3.0': '3.0', 'openapi-3.1': '3.1' };

const [file] = process.argv.slice(2);
const lines = [], tell = (line) => lines.push(`${JSON.stringify(line)}\n`);
const find = (path, message) => tell({ finding: { path, message } });
function finish() {
  fs.writeFileSync(1, lines.join(''));
  process.exit(lines.some((line) => line.startsWith('{"finding"')) ? 1 : 0);
}

let document;
try {
  document = JSON.parse(fs.readFileSync(file, 'utf8'));
} catch (error) {
  find('', error.message);
  finish();
}
const dialect = typeof document.swagger === 'string' ? `swagger-${document.swagger}` : `openapi-${/^\d+\.\d+/.exec(String(document.openapi))?.[0] ?? 'unknown'}`;
tell({ dialect });
if (!SCHEMAS[dialect]) {
  find('', 'neither Swagger 2.0 nor OpenAPI 3.0 or 3.1');
  finish();
}
// `format` is not checked: the schema of 3.1 asks for a plain URI where the specification allows a template.
const accepts = new Validator({ validateFormats: false }).getAjvValidator(SCHEMAS[dialect]);
if (!accepts(document)) for (const error of accepts.errors) find(error.instancePath, error.message);
const config = await createConfig({ rules: Object.fromEntries(RULES.map((rule) => [rule, 'error'])) });
for (const problem of await lint({ ref: file, config })) {
  const pointer = problem.location[0]?.pointer ?? '';
  if (problem.severity !== 'error' || STRICTER.some((text) => text.test(problem.message)) || /\/x-[^/]*\//.test(pointer)) continue;
  find(pointer.replace(/^#\/?/, '/').replace(/^\/$/, ''), `${problem.ruleId}: ${problem.message.split('\n')[0]}`);
}
finish();
