// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { covered, nodes, parse } from '../rules.mjs';

assert.ok([...nodes(parse('export const a = () => { debugger; };'))].some((node) => node.type === 'DebuggerStatement'));
assert.strictEqual(covered(['a', 'b'], 'a(1)'), 0.5);
assert.throws(() => parse('const ='));
