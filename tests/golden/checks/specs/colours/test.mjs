import assert from 'node:assert';
import { load } from './index.mjs';

assert.strictEqual(load().name, 'colours');
