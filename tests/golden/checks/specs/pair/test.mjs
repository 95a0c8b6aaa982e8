import assert from 'node:assert';
import { first, second } from './index.mjs';

assert.strictEqual(first([1, 2]), 1);
assert.ok(second);
