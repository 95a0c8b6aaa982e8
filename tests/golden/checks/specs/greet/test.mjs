import assert from 'node:assert';
import { greet } from './index.mjs';

assert.strictEqual(greet('Ada'), 'Hello Ada');
