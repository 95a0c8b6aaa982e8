// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { parse, sqlText, TYPES } from '../rules.mjs';

assert.deepStrictEqual(parse(['a,b', '1,x']).data, [{ a: '1', b: 'x' }]);
assert.ok(TYPES.integer('12') && !TYPES.integer('1.5') && TYPES.number('1.5') && !TYPES.number('x'));
assert.strictEqual(sqlText('a'), "'a'");
