import assert from 'node:assert';
import { pick } from './index.mjs';

assert.deepStrictEqual(pick({ a: 1, b: 2 }), { b: 2 });
