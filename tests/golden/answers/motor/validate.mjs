// SPDX-License-Identifier: Apache-2.0
// Judges a request without any model: can the text hold what is asked of it?  node validate.mjs SPEC
import fs from 'node:fs';

const CUES = { name: /\p{Lu}\p{L}+/u, date: /\d/, amount: /\d/, phone: /\+?\d[\d -]{6,}\d/, place: /\p{Lu}\p{L}+/u, topic: /\p{L}{4}/u };
const spec = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const findings = [];
const object = (path, message) => findings.push({ path, message });
const text = typeof spec.text === 'string' ? spec.text : '';
if (!text.trim()) object('/text', 'there is no text');
if (!Array.isArray(spec.fields) || spec.fields.length === 0) object('/fields', 'no field is asked for');
(spec.fields ?? []).forEach((field, index) => {
  if (!CUES[field]) object(`/fields/${index}`, `there is no field ${field}`);
  else if (!CUES[field].test(text)) object(`/fields/${index}`, `the text can hold no ${field}`);
});
for (const [field, value] of Object.entries(spec.expect ?? {})) {
  if (!text.includes(value)) object(`/expect/${field}`, `"${value}" does not stand in the text`);
}
console.log(JSON.stringify({ dialect: spec.language ?? 'en' }));
for (const finding of findings) console.log(JSON.stringify({ finding }));
process.exit(findings.length ? 1 : 0);
