import assert from 'node:assert';
import { city } from './index.mjs';

assert.strictEqual(city({}), undefined);
