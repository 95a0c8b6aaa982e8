// SPDX-License-Identifier: Apache-2.0
// Steps: read, parse, types, promise, target, deliver.
import { Failure, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

function read(plant) {
  const spec = JSON.parse(text(plant.spec));
  if (rules.REFUSED_TITLES.test(spec.title)) throw new Failure('app', 'validation', `the title "${spec.title}" is refused`);
  plant.save('spec.json', spec);
}

function parse(plant) {
  const { lines, delimiter, columns } = plant.load('spec.json');
  const { data, errors, meta } = rules.parse(lines, delimiter);
  if (errors.length) throw new Failure('app', 'validation', `${errors[0].code} in row ${errors[0].row}: ${errors[0].message}`);
  for (const name of Object.keys(columns)) {
    if (!meta.fields.includes(name)) throw new Failure('app', 'validation', `the table has no column "${name}"`);
  }
  for (const name of meta.fields) {
    if (!(name in columns)) throw new Failure('app', 'validation', `nobody asked for the column "${name}"`);
  }
  const { repeat = 1 } = plant.load('spec.json');
  // What a row costs is a figure of this plant, not of the clock.
  plant.use({ latency_ms: data.length * repeat * rules.MS_PER_ROW });
  plant.save('rows.json', data);
}

function types(plant) {
  const { columns } = plant.load('spec.json');
  plant.load('rows.json').forEach((row, index) => {
    for (const [name, type] of Object.entries(columns)) {
      if (!rules.TYPES[type]) throw new Failure('app', 'validation', `no such type: ${type}`);
      if (row[name] !== '' && !rules.TYPES[type](row[name])) {
        throw new Failure('app', 'validation', `row ${index}: "${row[name]}" of column "${name}" is no ${type}`);
      }
    }
  });
}

function promise(plant) {
  const { complete = 0 } = plant.load('spec.json');
  const cells = plant.load('rows.json').flatMap((row) => Object.values(row));
  const value = cells.length ? cells.filter(rules.filled).length / cells.length : 1;
  if (value < complete) throw new Failure('app', 'quality_score', 'the table is less complete than promised', { value, budget: complete, unit: '1' });
}

function target(plant) {
  const spec = plant.load('spec.json');
  const rows = plant.load('rows.json');
  if (plant.profile !== 'sql') return plant.save('out.txt', JSON.stringify({ title: rules.heading(spec), rows }));
  const bad = Object.keys(spec.columns).find((name) => !/^\w+$/.test(name));
  if (bad !== undefined) throw new Failure('app', 'validation', `"${bad}" cannot be the name of a column in SQL`);
  const lines = rows.map((row) => `INSERT INTO t (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(rules.sqlText).join(', ')});`);
  const odd = lines.findIndex((line) => (line.match(/'/g).length % 2) === 1);
  if (odd >= 0) throw new Failure('motor', 'error', `unterminated string in statement ${odd}`);
  plant.save('out.txt', `-- ${rules.heading(spec)}\n${lines.join('\n')}\n`);
}

function deliver(plant) {
  plant.outside('network', 'getaddrinfo EAI_AGAIN warehouse');
  plant.save('delivered.txt', plant.read('out.txt'));
}

await serve({ read, parse, types, promise, target, deliver }, [{ id: 'table', path: 'delivered.txt', role: 'table' }]);
