import assert from 'node:assert';
import { swap } from './index.mjs';

assert.deepStrictEqual(swap([1, 2]), [2, 1]);
