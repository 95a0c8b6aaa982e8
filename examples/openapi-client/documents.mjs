#!/usr/bin/env node
// Lists the API documents that the packages in apps/ bring: {id, package, file, spec}. Where a document comes as JSON and
// as YAML, the JSON one is taken.
//
//   node documents.mjs [--apps DIR]          one JSON object per line
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));

function walk(dir, found = []) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) walk(full, found);
    else found.push(full);
  }
  return found;
}

export function listDocuments(appsDir) {
  const modules = path.join(appsDir, 'node_modules'), docs = [];
  const add = (id, pkg, file, huge = false) => docs.push({ id, package: pkg, file, spec: path.join(modules, pkg, file), huge });
  const readme = path.join(modules, '@readme/oas-examples');
  for (const file of walk(readme)) {
    const name = path.relative(readme, file);
    const m = /^([\d.]+)\/json\/(.*)\.json$/.exec(name);
    if (m) add(`${m[1]}/${m[2]}`, '@readme/oas-examples', name);
  }
  add('galaxy', '@scalar/galaxy', 'dist/3.1.json');
  add('rclone', 'rclone-openapi', 'openapi.json');
  add('github', '@octokit/openapi', 'generated/api.github.com.json', true);
  add('github-enterprise-2.22', '@octokit/openapi', 'generated/ghes-2.22.json', true);
  return docs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--apps');
  for (const doc of listDocuments(at > 0 ? process.argv[at + 1] : path.join(HERE, 'apps'))) console.log(JSON.stringify(doc));
}
