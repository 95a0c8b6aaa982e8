// SPDX-License-Identifier: Apache-2.0
// How this job parses, what it refuses, and what its work costs.
import * as acorn from 'acorn';

export const CENTS_PER_TEST = 1;
export const ECMA = 2020;
export const UNDECLARED_IMPORTS = 'allowed';

export const parse = (code) => acorn.parse(code, { ecmaVersion: ECMA, sourceType: 'module' });

// Kinds of syntax that no profile, or the strict one, lets pass.
export const REFUSED = { WithStatement: 'relaxed', DebuggerStatement: 'strict' };

export function* nodes(tree) {
  if (!tree || typeof tree !== 'object') return;
  if (typeof tree.type === 'string') yield tree;
  for (const value of Object.values(tree)) {
    for (const child of Array.isArray(value) ? value : [value]) yield* nodes(child);
  }
}

// A second look at the source itself: messages about what no tree shows.
export const textual = () => undefined;

// Where a package's tests are started, below the folder of the job.
export const testFolder = (name) => `packages/${name}`;

// The share of exported functions that the tests name.
export const covered = (names, tests) => (names.length ? names.filter((name) => tests.includes(name)).length / names.length : 1);
