// SPDX-License-Identifier: Apache-2.0
// json-schema-to-typescript: types of a schema, as it stands or with nothing that it does not name.
import fs from 'node:fs';
import path from 'node:path';

export const libraries = ['es2020'];

export async function generate({ load, spec, out, profile }) {
  const { module } = await load('json-schema-to-typescript');
  const compile = module.compileFromFile ?? module.default.compileFromFile;
  const strict = { additionalProperties: false, strictIndexSignatures: true, unreachableDefinitions: true, format: false };
  const made = await compile(spec, { cwd: path.dirname(spec), $refOptions: { resolve: { http: false } }, ...(profile === 'strict' ? strict : {}) });
  fs.writeFileSync(path.join(out, 'types.ts'), made);
}
