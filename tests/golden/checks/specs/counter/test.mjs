import assert from 'node:assert';
import { Counter } from './index.mjs';

assert.strictEqual(new Counter().next(), 1);
