// SPDX-License-Identifier: Apache-2.0
// Judges a schema with the reference implementation of a fixed version, and names its dialect:  node validate.mjs SCHEMA
import fs from 'node:fs';
import { buildSchema, validateSchema } from 'graphql-reference';

const source = fs.readFileSync(process.argv[2], 'utf8');
const bare = source.replace(/"""[\s\S]*?"""|"[^"\n]*"|#.*/g, '');
const dialect = /@oneOf\b/.test(bare) ? 'sdl-2025'
  : /\bimplements\s+\w+\s*,\s*\w+/.test(bare) ? 'sdl-legacy'
    : /\binterface\s+\w+\s+implements\b|\brepeatable\b|@specifiedBy\b/.test(bare) ? 'sdl-2021' : 'sdl-2018';
console.log(JSON.stringify({ dialect }));
const objections = [];
try {
  // The legacy list of interfaces is a matter of dialect, not a defect.
  const schema = buildSchema(source.replace(/(implements\s+\w+)\s*,\s*(\w+)/g, '$1 & $2'));
  objections.push(...validateSchema(schema).map((error) => error.message));
} catch (error) {
  objections.push(error.message);
}
for (const objection of objections) console.log(objection);
process.exit(objections.length ? 1 : 0);
