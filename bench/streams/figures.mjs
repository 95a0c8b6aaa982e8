// SPDX-License-Identifier: Apache-2.0
// What `aiop golden run --json` says of a stream, against the bars for streams. Ends with 1 if one is missed.
//   node figures.mjs NAME RESULT.json
import fs from 'node:fs';

const [name, file] = process.argv.slice(2);
const result = JSON.parse(fs.readFileSync(file, 'utf8'));
const percent = (rate) => (rate.of ? `${(100 * rate.value).toFixed(1)} % (${rate.hits}/${rate.of}; ${(100 * rate.low).toFixed(1)}-${(100 * rate.high).toFixed(1)})` : 'no data');
const fixed = (value, digits = 3) => (value === null || value === undefined ? 'no data' : value.toFixed(digits));
const value = (rate) => (rate.of ? rate.value : null);
const { all, pairs } = result;

// Abstentions and missing decisions count as wrong.
const rows = [
  ['accuracy', percent(all.strict_accuracy), value(all.strict_accuracy), 0.95, true],
  ['macro-F1', fixed(all.macro_f1), all.macro_f1, 0.90, true],
  ['false motor fixes', percent(all.false_motor_fixes), value(all.false_motor_fixes), 0.03, false],
  ['pairwise F1', `${fixed(pairs.f1)} (precision ${fixed(pairs.precision)}, recall ${fixed(pairs.recall)}; ${pairs.true_pairs} pairs)`, pairs.f1, 0.92, true],
  ['resumed', percent(all.resumed), value(all.resumed), 0.75, true],
  ['actions per failure', fixed(all.actions_per_failure, 2), all.actions_per_failure, 1.5, false],
];
console.log(`stream ${name}: ${result.answers.length} decisions, plant-seconds per decision: median ${fixed(all.plant_seconds_median, 2)}, mean ${fixed(all.plant_seconds_mean, 2)}`);
let missed = result.broken.length > 0;
for (const [what, shown, is, bound, atLeast] of rows) {
  const holds = is === null || is === undefined ? null : atLeast ? is >= bound : is <= bound;
  missed ||= holds === false;
  console.log(`  ${what.padEnd(20)} ${shown.padEnd(64)} ${atLeast ? 'at least' : 'at most'} ${bound}  ${holds === null ? 'no data' : holds ? 'holds' : 'MISSED'}`);
}
if (result.operators.length) {
  console.log(`\n  ${'operator'.padEnd(24)} ${'accuracy'.padEnd(32)} ${'false motor fixes'.padEnd(30)} ${'runs finished'.padEnd(28)} plant-seconds`);
  for (const each of result.operators) {
    console.log(`  ${each.name.padEnd(24)} ${percent(each.accuracy).padEnd(32)} ${percent(each.false_motor_fixes).padEnd(30)} ${percent(each.finished).padEnd(28)} ${each.plant_seconds.toFixed(0)}`);
  }
}
const wrong = result.answers.filter((each) => !each.right);
if (wrong.length) console.log('\n  wrong:');
for (const each of wrong) {
  console.log(`  - ${each.incident}: true ${each.truth}, said ${each.said ?? 'nothing'}${each.abstained ? ' (abstained)' : ''} by ${each.rule ?? 'no rule'}\n      ${each.failure.split('\n')[0].slice(0, 140)}\n      ${each.because}`);
}
for (const { incident, why } of result.misgrouped) console.log(`  grouped otherwise: ${incident}: ${why}`);
for (const { incident, why } of result.broken) console.log(`  BROKEN ${incident}: ${why}`);
console.log('');
process.exit(missed ? 1 : 0);
