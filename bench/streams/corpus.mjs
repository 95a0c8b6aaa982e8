// SPDX-License-Identifier: Apache-2.0
// Makes the corpus folder that `aiop golden run` plays: per generator a plant, per moment a story. At a moment the motor has
// some version, the versions before it are its history, the next one is pending as a branch, and every document is run in
// both profiles; then owners bring the next revisions of their documents, and those are run.
//   node corpus.mjs PLANT --cache DIR --into DIR [--only GENERATOR] [--calm N] [--moments N]
// --calm N takes every Nth only of the documents that never fail with the generator; --moments N the last N moments of each.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Truth } from './label.mjs';
import { Kept, variants } from './matrix.mjs';

const TEXT_CHARACTERS = 240;

// Where in the output something stands may differ from one process to the next.
// Files are opened all at once: which of several missing ones is named first differs from run to run.
const withoutPlaces = (text) => text.replace(/^\S+\(\d+,\d+\): /, '').replace(/ \(\d+:\d+\)$/, '').replace(/(Error opening file "work\/).*$/s, '$1').slice(0, TEXT_CHARACTERS);

const write = (file, text) => { fs.mkdirSync(path.dirname(file), { recursive: true }); fs.writeFileSync(file, text); };
const nameOf = (id) => id.replaceAll(/[^\w.-]/g, '-');
const motorVersion = (order, version) => `1.${order.indexOf(version)}.0`;

// package.json and lock file of the motor with this version; npm is asked once.
function pinned(plant, tool, version, cache) {
  const folder = path.join(cache, 'motors', plant.name, `${tool}-${version}`), lock = path.join(folder, 'package-lock.json');
  const manifest = `${JSON.stringify({ name: `${tool}-motor`, version: '1.0.0', private: true, type: 'module', config: { generator: tool },
    dependencies: { ...plant.tools, ...plant.generators[tool].beside?.[version], [tool]: version } }, null, 2)}\n`;
  const file = path.join(folder, 'package.json');
  if (!fs.existsSync(lock) || fs.readFileSync(file, 'utf8') !== manifest) {
    write(file, manifest);
    const made = spawnSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--omit-lockfile-registry-resolved'], { cwd: folder, stdio: 'inherit' });
    if (made.status !== 0) throw new Error(`npm could not pin ${tool} ${version}`);
  }
  return { 'package.json': manifest, 'package-lock.json': fs.readFileSync(lock, 'utf8') };
}

function motorYaml(plant, tool, text) {
  const { profiles } = plant.generators[tool];
  return text.replace('GENERATOR', tool).replace('PROFILES', `[${profiles.join(', ')}]`);
}

// The motor as of the first version, and for each version the files that differ.
function writeMotor(plant, tool, order, cache, folder) {
  const source = new URL(`${plant.name}/motor/`, import.meta.url).pathname;
  for (const from of [new URL('motor/', import.meta.url).pathname, source]) fs.cpSync(from, path.join(folder, 'motor'), { recursive: true });
  fs.copyFileSync(new URL(`${plant.name}/generators/${tool}.mjs`, import.meta.url).pathname, path.join(folder, 'motor/generator.mjs'));
  const manifest = fs.readFileSync(path.join(source, 'motor.yaml'), 'utf8');
  for (const version of order) {
    const files = { ...pinned(plant, tool, version, cache), 'motor.yaml': motorYaml(plant, tool, manifest),
      'accepts.json': `${JSON.stringify(plant.accepts(plant.generators[tool].versions[version]), null, 1)}\n` };
    for (const [name, text] of Object.entries(files)) {
      // A branch keeps the version of its base: the operator gives it one.
      write(path.join(folder, 'versions', version, name), text);
      if (version === order[0]) write(path.join(folder, 'motor', name), text);
    }
  }
}

// Which revision of a document is there at `share` of the way through the packages.
function revisionAt(revisions, packages, share) {
  const limit = share * (packages.length - 1);
  return revisions.filter((each) => packages.indexOf(each.since) <= limit).at(-1) ?? revisions[0];
}

function story(truth, order, version, documents, packages) {
  const { tool, profiles } = truth, at = order.indexOf(version), next = order[at + 1], steps = order.length - 1;
  const timeline = [], labels = [], later = [];
  for (const each of order.slice(1, at + 1)) {
    timeline.push({ motor: { version: motorVersion(order, each), message: `${tool} ${each}`, folder: `versions/${each}` } });
  }
  if (next) timeline.push({ branch: { name: `upgrade/${tool}-${next}`, message: `${tool} ${next}`, folder: `versions/${next}` } });
  const add = (run, variant, after) => {
    for (const profile of profiles) {
      const texts = new Set();
      for (const on of [version, next].filter(Boolean)) {
        const is = truth.of(on, profile, variant);
        if (!is || texts.has(withoutPlaces(is.text))) continue;
        texts.add(withoutPlaces(is.text));
        const heals = on === version && next && truth.outcome(next, profile, variant.text).ok ? 'branch'
          : after && truth.outcome(on, profile, after.text).ok ? 'app_update' : 'none';
        labels.push({ apps: [nameOf(variant.id)], profile, run, may: run !== 1 || on !== version, text: withoutPlaces(is.text),
          classification: is.classification, category: is.category, because: is.because, cause: is.cause, healed_by: heals });
      }
    }
  };
  for (const revisions of documents) {
    const now = revisionAt(revisions, packages, at / steps), then = revisionAt(revisions, packages, Math.min(1, (at + 1) / steps));
    const app = (variant) => ({ app: { name: nameOf(variant.id), spec_file: `specs/${nameOf(variant.id)}-${variant.since}.json`, profiles } });
    timeline.push(app(now));
    add(1, now, now === then ? null : then);
    if (now === then) continue;
    later.push(app(then));
    add(2, then, null);
  }
  timeline.push({ run: 'all' });
  if (later.length) timeline.push(...later, { run: later.map((each) => each.app.name) });
  return { name: nameOf(`${tool}-${version}`), split: 'test', tags: ['stream', 'natural'], timeline, truth: labels };
}

async function main([name, ...rest]) {
  const option = (flag, otherwise) => (rest.includes(flag) ? rest[rest.indexOf(flag) + 1] : otherwise);
  const cache = path.resolve(option('--cache', 'cache')), into = path.resolve(option('--into', 'corpus'));
  const plant = await import(`./${name}/plant.mjs`);
  const kept = new Kept(path.join(cache, `${name}-outcomes.jsonl`));
  const byId = new Map();
  const all = await variants(plant, cache);
  for (const variant of all) byId.set(variant.id, [...(byId.get(variant.id) ?? []), variant]);
  const calm = Number(option('--calm', 1));
  for (const tool of Object.keys(plant.generators).filter((each) => each === option('--only', each))) {
    const folder = path.join(into, nameOf(`${name}-${tool}`)), truth = new Truth(plant, tool, kept, all), order = truth.order;
    let number = 0;
    const apart = truth.breakingMost([...byId.values()]);
    const documents = [...byId.values()].filter((revisions) => truth.everFails(revisions, apart) || number++ % calm === 0);
    fs.rmSync(folder, { recursive: true, force: true });
    writeMotor(plant, tool, order, cache, folder);
    for (const variant of documents.flat()) write(path.join(folder, 'specs', `${nameOf(variant.id)}-${variant.since}.json`), variant.text);
    const moments = plant.generators[tool].moments.slice(-Number(option('--moments', 99)));
    const stories = moments.map((version) => story(truth, order, version, documents, plant.packages));
    write(path.join(folder, 'incidents.yaml'), `${JSON.stringify(stories.filter((each) => each.truth.length), null, 1)}\n`);
    write(path.join(folder, 'plant.yaml'), `name: ${nameOf(`${name}-${tool}`)}\nkind: ${plant.kind}\npublished: true\nabout: ${plant.about}\ntool: "npm:${tool} ${order[0]} to ${order.at(-1)}"\n`);
    for (const { name: title, truth: labels } of stories) {
      const causes = new Set(labels.filter((each) => !each.may).map((each) => each.cause));
      process.stderr.write(`${title}: ${labels.filter((each) => !each.may).length} failures of ${causes.size} causes\n`);
    }
  }
}

await main(process.argv.slice(2));
