// SPDX-License-Identifier: Apache-2.0
// Steps: read, parse, resolve, check, target, survive, deploy.
import { Failure, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

const refuse = (details) => { throw new Failure('app', 'validation', details); };

// Every plain value with its path.
function* values(node, path = []) {
  if (node !== null && typeof node === 'object' && !(node instanceof Date)) {
    for (const [key, value] of Object.entries(node)) yield* values(value, [...path, key]);
  } else if (node !== null) yield [path, node];
}

function read(plant) {
  plant.save('settings.yaml', text(plant.spec));
}

function parse(plant) {
  try {
    plant.save('parsed.json', rules.parse(plant.read('settings.yaml')) ?? null);
  } catch (error) {
    if (error.name !== 'YAMLException') throw error;
    throw new Failure('app', 'error', `YAMLException: ${error.reason}`);
  }
}

function resolve(plant) {
  const settings = plant.load('parsed.json');
  const known = settings.values ?? {};
  const filled = (node) => {
    if (typeof node === 'string') {
      const whole = node.replace(rules.PLACEHOLDER, (all, name) => known[name] ?? refuse(`there is no value for the placeholder "${name}"`));
      const left = /\$\{([^}]*)\}/.exec(whole);
      return left ? refuse(`there is no value for the placeholder "${left[1]}"`) : whole;
    }
    if (node === null || typeof node !== 'object') return node;
    return Array.isArray(node) ? node.map(filled) : Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value)]));
  };
  const { values: taken, ...rest } = settings;
  plant.save('resolved.json', filled(rest));
}

function check(plant) {
  const settings = plant.load('resolved.json');
  if (!settings.name) refuse('the settings have no name');
  for (const [path, value] of values(settings)) {
    const key = path.at(-1);
    if (key === 'port' && !(Number.isInteger(value) && value >= rules.PORTS[0] && value <= rules.PORTS[1])) refuse(`${path.join('.')}: ${value} is no port`);
    if (key === 'mode' && !(Number.isInteger(rules.mode(value)) && rules.mode(value) <= 0o777)) refuse(`${path.join('.')}: ${value} is no mode of a file`);
    if (key === 'at' && !/^\d\d:\d\d:\d\d$/.test(value)) refuse(`${path.join('.')}: ${value} is no time of day`);
  }
  plant.use({ cost_usd: (settings.replicas ?? 1) * rules.CENTS_PER_REPLICA / 100 });
  const wanted = Number(/^# documented: ([0-9.]+)/m.exec(plant.read('settings.yaml'))?.[1] ?? 0);
  const share = rules.commented(plant.read('settings.yaml'));
  if (share < wanted) throw new Failure('app', 'quality_score', 'too few settings are explained', { value: share, budget: wanted, unit: '1' });
}

function target(plant) {
  const settings = plant.load('resolved.json');
  const lines = [];
  if (plant.profile === 'ini') {
    for (const [key, value] of Object.entries(settings)) {
      if (Array.isArray(value) && value.some((each) => each !== null && typeof each === 'object')) refuse(`${key}: a list of maps has no place in an ini file`);
    }
    for (const [path, value] of values(settings)) lines.push(`${path.join('.')} = ${rules.iniValue(value)}`);
  } else {
    for (const [path, value] of values(settings)) lines.push(`${path.join('_').toUpperCase()}=${JSON.stringify(value)}`);
  }
  plant.save('out.txt', `${lines.join('\n')}\n`);
}

// Reads back what was written, as its readers do: in an ini file a semicolon or a hash begins a comment.
function survive(plant) {
  if (plant.profile !== 'ini') return;
  const all = new Map([...values(plant.load('resolved.json'))].map(([path, value]) => [path.join('.'), String(value)]));
  for (const line of plant.read('out.txt').split('\n').filter(Boolean)) {
    const [, key, quoted, bare] = /^(\S+) = (?:"((?:[^"\\]|\\.)*)"|([^;#]*))/.exec(line) ?? [];
    const back = quoted?.replace(/\\(.)/g, '$1') ?? bare?.trim();
    if (all.get(key)?.trim() !== back) throw new Failure('motor', 'error', `the value of ${key} does not survive being written`);
  }
}

function deploy(plant) {
  plant.outside('lock', 'the deploy lock is held by another job: lock wait timeout exceeded');
  plant.save('deployed.txt', plant.read('out.txt'));
}

await serve({ read, parse, resolve, check, target, survive, deploy }, [{ id: 'settings', path: 'deployed.txt', role: 'settings' }]);
