// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { build, field, print } from '../rules.mjs';

const schema = build('type Query { b: [Int!]! a(n: Int): String }');
assert.match(print(schema), /type Query \{\n  a\(n: Int\): String\n  b: \[Int!\]!\n\}/);
assert.strictEqual(field(schema.getQueryType().getFields().b), '  b: Array<number>;');
assert.strictEqual(field(schema.getQueryType().getFields().a), '  a: string | null;');
