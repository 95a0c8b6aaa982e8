import assert from 'node:assert';
import { count } from './index.mjs';

assert.strictEqual(count('a b'), 2);
