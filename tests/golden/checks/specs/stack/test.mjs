import assert from 'node:assert';
import { Stack } from './index.mjs';

assert.deepStrictEqual(new Stack().items, Stack.empty);
