// SPDX-License-Identifier: Apache-2.0
// The npm packages that a plant needs, pinned: prints them as JSON, {folder: {name: version}}.   node packages.mjs PLANT
const plant = await import(`./${process.argv[2]}/plant.mjs`);
const generators = Object.fromEntries(Object.entries(plant.generators)
  .flatMap(([tool, { versions }]) => Object.keys(versions).map((version) => [`${tool}-${version}`, `npm:${tool}@${version}`])));
console.log(JSON.stringify({ [plant.folders.documents]: plant.sources, [plant.folders.validators]: plant.validators,
  generators: { typescript: '5.4.5', ...generators }, compiler: { 'native-typescript': plant.tools['native-typescript'] } }));
