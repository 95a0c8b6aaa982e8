import assert from 'node:assert';
import { twice } from './index.mjs';

assert.strictEqual(twice(4), 8);
