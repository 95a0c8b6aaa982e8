// SPDX-License-Identifier: Apache-2.0
// openapi-typescript-codegen: a client of many files, or the models alone.
export const libraries = ['es2020', 'dom', 'dom.iterable'];

export async function generate({ load, spec, out, profile }) {
  const { module } = await load('openapi-typescript-codegen');
  const what = profile === 'models' ? { exportCore: false, exportServices: false, exportSchemas: false } : {};
  await (module.generate ?? module.default.generate)({ input: spec, output: out, httpClient: 'fetch', ...what });
}
