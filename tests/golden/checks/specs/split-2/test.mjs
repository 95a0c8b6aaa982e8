import assert from 'node:assert';
import { split } from './index.mjs';

assert.deepStrictEqual(split(' a b '), ['a', 'b']);
