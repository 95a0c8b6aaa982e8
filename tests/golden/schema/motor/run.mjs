// SPDX-License-Identifier: Apache-2.0
// Steps: read, build, check, sort, emit, compile, publish.
import * as graphql from 'graphql';
import { Failure, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

const built = (plant) => rules.build(plant.read('schema.graphql'));
const own = (schema) => Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && type.astNode);

function read(plant) {
  plant.save('schema.graphql', text(plant.spec));
}

// What the tool itself says of the source.
function build(plant) {
  let schema;
  try {
    schema = built(plant);
  } catch (error) {
    throw new Failure('app', 'validation', `${error.name}: ${error.message}`);
  }
  const [first] = graphql.validateSchema(schema);
  if (first) throw new Failure('app', 'validation', `${first.name}: ${first.message}`);
  plant.use({ cost_usd: own(schema).length * rules.CENTS_PER_TYPE / 100 });
}

// What this plant asks on top.
function check(plant) {
  const schema = built(plant);
  for (const type of own(schema)) {
    if (rules.RESERVED.includes(type.name)) throw new Failure('app', 'validation', `the name ${type.name} is reserved`);
  }
  const wanted = Number(/^#\s*documented:\s*([0-9.]+)/m.exec(plant.read('schema.graphql'))?.[1] ?? 0);
  const value = rules.described(schema);
  if (value < wanted) throw new Failure('app', 'quality_score', 'too little of the schema is documented', { value, budget: wanted, unit: '1' });
}

function sort(plant) {
  const printed = rules.print(built(plant));
  let again;
  try {
    again = rules.print(rules.build(printed));
  } catch (error) {
    throw new Failure('motor', 'error', `the sorted schema does not parse: ${error.message}`);
  }
  if (again.trim() !== printed.trim()) throw new Failure('motor', 'error', 'the sorted schema changes when it is sorted again');
  // What the source adds to a type must be there.
  for (const [, type, body] of plant.read('schema.graphql').matchAll(/^extend (?:type|interface|input) (\w+)[^{]*\{([^}]*)\}/gm)) {
    const fields = built(plant).getType(type)?.getFields();
    if (!fields) continue; // whether the type has to be there is the tool's to say
    for (const [, name] of body.matchAll(/^\s*(\w+)\s*[:(]/gm)) {
      if (!fields[name]) throw new Failure('motor', 'error', `the extension ${name} of type ${type} is lost`);
    }
  }
  plant.save('sorted.graphql', `${printed.trim()}\n`);
}

function emit(plant) {
  const schema = built(plant);
  const lines = [];
  if (plant.profile === 'operations') {
    for (const root of [schema.getQueryType(), schema.getMutationType()].filter(Boolean)) {
      for (const each of Object.values(root.getFields())) lines.push(rules.operation(root.name, each));
    }
  } else {
    for (const type of own(schema)) {
      if (graphql.isEnumType(type)) lines.push(`export enum ${type.name} {`, ...type.getValues().map(rules.enumMember), '}');
      else if (graphql.isUnionType(type)) lines.push(`export type ${type.name} = ${type.getTypes().map((each) => each.name).join(' | ')};`);
      else if (graphql.isScalarType(type)) lines.push(`export type ${type.name} = unknown;`);
      else lines.push(`export interface ${type.name} {`, ...Object.values(type.getFields()).map(rules.field), '}');
    }
  }
  plant.save('out.txt', `${lines.join('\n')}\n`);
}

// A small compiler's view of what was emitted: names are known, once, and no keyword.
function compile(plant) {
  const out = plant.read('out.txt');
  if (plant.profile === 'operations') {
    const seen = new Set();
    for (const line of out.split('\n').filter(Boolean)) {
      if (seen.has(line.split('(')[0])) throw new Failure('motor', 'error', `operation ${line} is listed twice`);
      seen.add(line.split('(')[0]);
      const names = line.slice(line.indexOf('(') + 1, -1).split(', ').filter(Boolean);
      const bad = names.find((name) => /^(class|default|delete|function|import|new|return|this|var)$/.test(name));
      if (bad) throw new Failure('motor', 'error', `TS1359: Identifier expected. '${bad}' is a reserved word that cannot be used here.`);
    }
    return;
  }
  const names = [...out.matchAll(/^export (?:interface|enum|type) (\w+)/gm)].map((match) => match[1]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Failure('motor', 'error', `TS2300: Duplicate identifier '${twice}'.`);
  const taken = names.find((name) => /^(string|number|boolean|object|symbol|unknown|never|any)$/.test(name));
  if (taken) throw new Failure('motor', 'error', `TS2427: Interface name cannot be '${taken}'.`);
  for (const [, type] of out.matchAll(/^  \w+: (.*);$/gm)) {
    for (const word of type.match(/\w+/g)) {
      if (!names.includes(word) && !/^(Array|null|string|number|boolean)$/.test(word)) throw new Failure('motor', 'error', `TS2304: Cannot find name '${word}'.`);
    }
  }
}

function publish(plant) {
  plant.outside('registry', 'the registry did not answer: 429 Too Many Requests, retry after 2 s');
  plant.save('published.txt', plant.read('out.txt'));
}

await serve({ read, build, check, sort, emit, compile, publish }, [
  { id: 'schema', path: 'sorted.graphql', role: 'schema' },
  { id: 'output', path: 'published.txt', role: 'code' },
]);
