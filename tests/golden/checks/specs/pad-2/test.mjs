import assert from 'node:assert';
import { pad } from './index.mjs';

assert.strictEqual(pad(7), '   7');
