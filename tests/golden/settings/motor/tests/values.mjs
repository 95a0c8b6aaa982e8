// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { iniValue, parse, PLACEHOLDER } from '../rules.mjs';

assert.deepStrictEqual(parse('a: 1\nb: [x, y]\n'), { a: 1, b: ['x', 'y'] });
assert.strictEqual('${host}'.replace(PLACEHOLDER, 'h'), 'h');
assert.strictEqual(iniValue(5), '5');
