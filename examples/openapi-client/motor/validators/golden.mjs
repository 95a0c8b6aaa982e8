// Every golden document must satisfy the pipeline's rules and every independent validator.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDocument } from '../rules/rules.mjs';
import { parseDocument } from '../lib/document.mjs';

const here = path.dirname(fileURLToPath(import.meta.url)), golden = path.join(here, '../golden');
let bad = 0;
for (const name of fs.readdirSync(golden).sort()) {
  const file = path.join(golden, name);
  for (const { path: where, message } of checkDocument(parseDocument(fs.readFileSync(file, 'utf8')))) {
    console.log(`${name}${where}: ${message}`);
    bad++;
  }
  for (const validator of ['schema.mjs', 'redocly.mjs']) {
    const made = spawnSync(process.execPath, [path.join(here, validator), file], { encoding: 'utf8' });
    if (made.status !== 0) { console.log(`${name}: ${validator} objects: ${made.stdout}${made.stderr}`); bad++; }
  }
}
process.exit(bad ? 1 : 0);
