// SPDX-License-Identifier: Apache-2.0
// openapi-typescript 5, 6 and 7: one file of types.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const MAJOR_WITH_TREES = 7;

export const libraries = ['es2020'];

export async function generate({ load, spec, out, profile, version }) {
  const { module } = await load('openapi-typescript');
  const major = Number(version.split('.')[0]);
  const options = profile === 'strict' ? { [major < MAJOR_WITH_TREES ? 'immutableTypes' : 'immutable']: true, alphabetize: true } : {};
  const made = await module.default(major < 6 ? spec : pathToFileURL(spec), { ...options, silent: true });
  fs.writeFileSync(path.join(out, 'api.ts'), typeof made === 'string' ? made : module.astToString(made));
}
