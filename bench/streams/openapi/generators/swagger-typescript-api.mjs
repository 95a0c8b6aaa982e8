// SPDX-License-Identifier: Apache-2.0
// swagger-typescript-api: a client in one file, or one whose parameters and answers are types of their own.
export const libraries = ['es2020', 'dom', 'dom.iterable'];

export async function generate({ load, spec, out, profile }) {
  const { module } = await load('swagger-typescript-api');
  const make = module.generateApi ?? module.default.generateApi;
  const extracted = { extractRequestParams: true, extractRequestBody: true, extractResponseBody: true, generateUnionEnums: true, generateResponses: true };
  await make({ name: 'api.ts', output: out, input: spec, silent: true, cleanOutput: false, httpClientType: 'fetch', generateClient: true,
    ...(profile === 'extracted' ? extracted : {}) });
}
