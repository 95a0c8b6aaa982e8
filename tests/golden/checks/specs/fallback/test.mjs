import assert from 'node:assert';
import { fallback } from './index.mjs';

assert.strictEqual(fallback(null), 'none');
