// What all validators share: read the document, say what was found, accept or not.
import fs from 'node:fs';
import { dialectOf, findSpec, parseDocument } from '../lib/document.mjs';

export function readSpec(ref) {
  const file = findSpec(ref);
  try {
    const document = parseDocument(fs.readFileSync(file, 'utf8'));
    return { file, document, dialect: dialectOf(document) };
  } catch (error) {
    tell('unknown', [{ path: '', message: error.message.split('\n')[0] }]);
  }
}

export function tell(dialect, findings) {
  const lines = [{ dialect }, ...findings.map((finding) => ({ finding }))].map((line) => `${JSON.stringify(line)}\n`);
  fs.writeFileSync(1, lines.join(''));
  process.exit(findings.length ? 1 : 0);
}
