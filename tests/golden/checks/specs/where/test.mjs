import assert from 'node:assert';
import { where } from './index.mjs';

assert.ok(where().startsWith('file:'));
