// SPDX-License-Identifier: Apache-2.0
// Judges a table by RFC 4180 with a reader of its own, without papaparse:  node validate.mjs SPEC
import fs from 'node:fs';

const spec = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const findings = [];
const object = (path, message) => findings.push({ path, message });

// The fields of one line, or undefined if its quotes are wrong.
function fields(line, delimiter) {
  const found = [];
  for (let rest = line; ;) {
    const match = rest.startsWith('"') ? /^"((?:[^"]|"")*)"/.exec(rest) : /^[^"]*?(?=$|[,;])/.exec(rest.replaceAll(delimiter === ',' ? ';' : ',', ' '));
    if (!match) return undefined;
    found.push(rest.startsWith('"') ? match[1].replaceAll('""', '"') : rest.slice(0, match[0].length));
    rest = rest.slice(match[0].length);
    if (rest === '') return found;
    if (!rest.startsWith(delimiter)) return undefined;
    rest = rest.slice(1);
  }
}

const PATTERNS = { text: /^/, integer: /^(-?\d+)?$/, number: /^(-?\d+(\.\d+)?)?$/, date: /^(\d{4}-\d\d-\d\d)?$/ };
const delimiter = spec.delimiter ?? ',';
const lines = Array.isArray(spec.lines) ? spec.lines : [];
const head = fields((lines[0] ?? '').replace(/^\ufeff/, ''), delimiter) ?? [];
if (typeof spec.title !== 'string' || spec.title === '') object('/title', 'a title is needed');
if (new Set(head).size !== head.length) object('/lines/0', 'a name stands twice in the header');
for (const [name, type] of Object.entries(spec.columns ?? {})) {
  if (!PATTERNS[type]) object(`/columns/${name}`, `there is no type ${type}`);
  else if (head.length && !head.includes(name)) object(`/columns/${name}`, 'the header has no such column');
  else if (spec.for === 'sql' && !/^\w+$/.test(name)) object(`/columns/${name}`, 'no name for a column in SQL');
}
lines.forEach((line, index) => {
  if (index === 0 || line === '') return;
  const cells = fields(line, delimiter);
  if (!cells) return object(`/lines/${index}`, 'the quotes are wrong');
  if (cells.length !== head.length) return object(`/lines/${index}`, `${cells.length} fields under ${head.length} names`);
  cells.forEach((cell, column) => {
    const pattern = PATTERNS[spec.columns?.[head[column]]];
    if (pattern && !pattern.test(cell)) object(`/lines/${index}`, `"${cell}" is no ${spec.columns[head[column]]}`);
  });
});
for (const finding of findings) console.log(JSON.stringify({ finding }));
process.exit(findings.length ? 1 : 0);
