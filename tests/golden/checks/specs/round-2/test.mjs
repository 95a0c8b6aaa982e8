import assert from 'node:assert';
import { round } from './index.mjs';

assert.strictEqual(round(2.6), 3);
