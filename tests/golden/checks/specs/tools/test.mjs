import assert from 'node:assert';
import { advice } from './index.mjs';

assert.ok(advice().includes('look'));
