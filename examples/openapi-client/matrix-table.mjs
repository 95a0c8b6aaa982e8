// Writes the matrix as a table: one row a document that failed somewhere, one column a version.
import fs from 'node:fs';

function table(generator, style, versions, docs, done) {
  const at = (doc, v) => done[`${generator}@${v}/${style}/${doc.id}`];
  const mark = (cell) => (!cell ? '?' : cell.ok ? '·' : cell.stage === 'generate' ? 'G' : 'C');
  const rows = docs.map((doc) => [doc, versions.map((v) => mark(at(doc, v)))]).filter(([, marks]) => marks.some((m) => m !== '·'));
  const out = [`### ${generator}, style ${style}`, ''];
  out.push(`| document | ${versions.join(' | ')} |`, `|---|${versions.map(() => ':-:|').join('')}`);
  const everywhere = versions.filter((v) => docs.every((d) => !at(d, v)?.ok));
  for (const [doc, marks] of rows) {
    if (marks.every((m, i) => m === '·' || everywhere.includes(versions[i]))) continue;
    out.push(`| ${doc.id} | ${marks.join(' | ')} |`);
  }
  out.push(`| **failures of ${docs.length}** | ${versions.map((v) => docs.filter((d) => !at(d, v)?.ok).length).join(' | ')} |`, '');
  if (everywhere.length) out.push(`Every document fails with ${everywhere.join(', ')}; rows with no other failure are left out.`, '');
  return out;
}

function messages(generator, versions, styles, docs, done) {
  const seen = new Map();
  for (const doc of docs) for (const v of versions) for (const style of styles) {
    const cell = done[`${generator}@${v}/${style}/${doc.id}`];
    if (!cell || cell.ok) continue;
    const text = cell.error.replace(/'[^']*'/g, '‘…’').replace(/\(\d+\)$/, '').replace(/\(\d+:\d+\)/, '').replace(/"[^"]*"/g, '“…”').trim().slice(0, 110);
    const entry = seen.get(text) ?? { docs: new Set(), versions: new Set(), stage: cell.stage };
    entry.docs.add(doc.id), entry.versions.add(v), seen.set(text, entry);
  }
  const out = ['| message | in | versions | documents |', '|---|---|---|---|'];
  const some = (set, n) => ([...set].length > n ? `${[...set].slice(0, n).join(', ')} and ${[...set].length - n} more` : [...set].join(', '));
  for (const [text, e] of [...seen].sort((a, b) => b[1].docs.size - a[1].docs.size)) {
    const hit = versions.filter((v) => e.versions.has(v)), first = hit[0], last = hit.at(-1);
    out.push(`| ${text.replaceAll('|', '\\|')} | ${e.stage} | ${first === last ? first : `${first} … ${last}`} | ${some(e.docs, 4)} |`);
  }
  return [...out, ''];
}

export function writeTable({ done, docs, generators, styles, typescript, out }) {
  const lines = ['# Documents × generator versions', '',
    `${docs.length} published API documents through published code generators; what came out was type-checked by TypeScript ${typescript}`,
    '(strict). Made by `node matrix.mjs --work DIR` from the documents of `apps/`; the two GitHub documents are left out for their size.', '',
    '`·` compiles, `G` the generator fails, `C` what it wrote does not compile. Rows without any failure are left out.', ''];
  for (const [generator, versions] of Object.entries(generators)) {
    const known = versions.filter((v) => styles[generator].some((s) => docs.some((d) => done[`${generator}@${v}/${s}/${d.id}`])));
    if (!known.length) continue;
    lines.push(`## ${generator}`, '');
    for (const style of styles[generator]) lines.push(...table(generator, style, known, docs, done));
    lines.push(...messages(generator, known, styles[generator], docs, done));
  }
  fs.writeFileSync(out, lines.join('\n'));
}
