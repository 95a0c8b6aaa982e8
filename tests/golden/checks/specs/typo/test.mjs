import assert from 'node:assert';
import { half } from './index.mjs';

assert.strictEqual(half(4), 2);
