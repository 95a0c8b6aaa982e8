import assert from 'node:assert';
import { halt } from './index.mjs';

assert.strictEqual(halt(), undefined);
