// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { parse, prompt } from '../rules.mjs';

assert.deepStrictEqual(parse('{"name": "Ada"}'), { name: 'Ada' });
assert.strictEqual(prompt('{fields}: {text}', { fields: ['name'], text: 'Ada' }), 'name: Ada');
