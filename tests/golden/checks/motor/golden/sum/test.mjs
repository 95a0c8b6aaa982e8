import assert from 'node:assert';
import { sum } from './index.mjs';

assert.strictEqual(sum(1, 2), 3);
