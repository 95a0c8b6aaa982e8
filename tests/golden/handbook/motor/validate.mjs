// SPDX-License-Identifier: Apache-2.0
// Judges a page by its source alone, without marked:  node validate.mjs PAGE
import fs from 'node:fs';

const source = fs.readFileSync(process.argv[2], 'utf8');
const objections = [];
const head = /^---\n([\s\S]*?)\n---\n/.exec(source);
const wants = head?.[1] ?? '';
if (!/^title: \S/m.test(wants)) objections.push('a page needs a title');

// Lines outside fenced code, without code spans.
const lines = [];
let fence = false;
for (const line of source.slice(head?.[0].length ?? 0).split('\n')) {
  if (/^(```|~~~)/.test(line)) fence = !fence;
  else if (!fence) lines.push(line.replace(/`[^`]*`/g, 'code'));
}
if (fence) objections.push('a code block is not closed');

const slugs = new Set();
for (const line of lines) {
  const heading = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line)?.[1];
  if (heading === undefined) continue;
  const base = heading.replace(/[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}/g, '').toLowerCase().trim()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
  let slug = base;
  for (let n = 1; slugs.has(slug); ++n) slug = `${base}-${n}`;
  slugs.add(slug);
}
for (const line of lines) {
  for (const [, target] of line.matchAll(/\]\(#([^)\s]*)\)/g)) {
    if (!slugs.has(decodeURIComponent(target))) objections.push(`nothing is called #${target}`);
  }
  // CommonMark: ** between a letter and punctuation opens nothing and closes nothing.
  if (/[\p{L}\p{N}]\*\*[\p{Ps}\p{Pi}]/u.test(line)) objections.push('** between a letter and punctuation does not emphasise');
  if (/^print: yes$/m.test(wants) && /^\|/.test(line) && line.split('|').length - 2 > 6) {
    objections.push('a page for print has a table of more than 6 columns');
  }
}
const dialect = lines.some((line) => /^\[\^[^\]]+\]:/.test(line)) ? 'markdown-with-footnotes'
  : lines.some((line) => /^(import|export) .* from /.test(line)) ? 'mdx' : 'markdown';
console.log(JSON.stringify({ dialect }));
for (const message of new Set(objections)) console.log(message);
process.exit(objections.length ? 1 : 0);
