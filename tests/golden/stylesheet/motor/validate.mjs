// SPDX-License-Identifier: Apache-2.0
// Judges a style sheet by its source alone, without less:  node validate.mjs SHEET
import fs from 'node:fs';

const source = fs.readFileSync(process.argv[2], 'utf8');
const bare = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*/g, '').replace(/"[^"\n]*"|'[^'\n]*'/g, '""');
const objections = [];

let depth = 0;
for (const brace of bare.match(/[{}]/g) ?? []) {
  depth += brace === '{' ? 1 : -1;
  if (depth < 0) break;
}
if (depth !== 0) objections.push('the braces do not match');

const known = new Set([...bare.matchAll(/@([\w-]+)\s*:/g), ...bare.matchAll(/[(;,]\s*@([\w-]+)\s*(?=[,;)])/g)].map((match) => match[1]));
for (const [, name] of bare.matchAll(/[:\s(,*+/-]@\{?([\w-]+)/g)) {
  if (!known.has(name) && !/^(media|import|keyframes|font-face|supports|charset|layer|container|plugin|page|value|key|index)$/.test(name)) objections.push(`nothing is called @${name}`);
}
const mixins = new Set([...bare.matchAll(/^\s*\.([\w-]+)\s*(?:\([^)]*\))?\s*(?:when[^{]*)?\{/gm)].map((match) => match[1]));
for (const [, name] of bare.matchAll(/[{;}]\s*\.([\w-]+)\s*(?:\([^)]*\))?\s*(?=;)/g)) {
  if (!mixins.has(name)) objections.push(`there is no mixin .${name}`);
}
if (/^\/\/ for: .*mail/m.test(source) && /var\(--/.test(bare)) objections.push('a sheet for mail uses custom properties');

const dialect = /`/.test(bare) ? 'less-with-javascript'
  : /@media[^{]*[<>]/.test(bare) ? 'media-queries-4'
    : /:\s*[^;{}(]*[\w%]\s*\/\s*\d/.test(bare.replace(/^\s*(font|grid|aspect)[\w-]*:.*$/gm, '')) ? 'less-bare-division' : 'less';
console.log(JSON.stringify({ dialect }));
for (const objection of new Set(objections)) console.log(objection);
process.exit(objections.length ? 1 : 0);
