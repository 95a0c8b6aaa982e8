import assert from 'node:assert';
import { one } from './index.mjs';

assert.strictEqual(one(), 1);
