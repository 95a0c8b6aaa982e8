// SPDX-License-Identifier: Apache-2.0
// Judges settings with another YAML library than the plant's, and names the dialect:  node validate.mjs SETTINGS
import fs from 'node:fs';
import { LineCounter, parseAllDocuments } from 'yaml';

const source = fs.readFileSync(process.argv[2], 'utf8');
const objections = [];
const dialect = /:\s+!(?!!)\w+/.test(source) ? 'yaml-with-tags' : /:\s+0[0-7]+\s*$/m.test(source) ? 'yaml-1.1' : 'yaml-1.2';
const documents = parseAllDocuments(source, { lineCounter: new LineCounter(), version: dialect === 'yaml-1.1' ? '1.1' : '1.2' });
if (documents.length > 1) objections.push('more than one document');
const document = documents[0];
for (const error of document?.errors ?? []) objections.push(`${error.code}: ${error.message.split('\n')[0]}`);
const settings = objections.length || !document ? undefined : document.toJS();
if (settings === null || typeof settings !== 'object') {
  if (!objections.length) objections.push('there are no settings');
} else {
  if (typeof settings.name !== 'string') objections.push('a name is needed');
  const known = new Set(Object.keys(settings.values ?? {}));
  for (const [, name] of source.matchAll(/\$\{([^}]*)\}/g)) {
    if (!known.has(name)) objections.push(`nothing is known of \${${name}}`);
  }
  (function look(node) {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'port' && !(Number.isInteger(value) && value >= 1 && value <= 65535)) objections.push(`${value} is no port`);
      if (settings.for === 'ini' && Array.isArray(value) && value.some((each) => typeof each === 'object')) objections.push('settings for an ini file have a list of maps');
      look(value);
    }
  })(settings);
}
console.log(JSON.stringify({ dialect }));
for (const objection of new Set(objections)) console.log(objection);
process.exit(objections.length ? 1 : 0);
