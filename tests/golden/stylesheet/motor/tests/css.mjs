// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { compile, mailColour } from '../rules.mjs';

const { css } = await compile('@c: #abc;\n.box() { margin: (10px / 2); }\n.a { .box(); color: @c; }\n');
assert.strictEqual(css.replace(/\s+/g, ' ').trim(), '.a { margin: 5px; color: #abc; }');
assert.strictEqual(mailColour('#abc'), '#aabbcc');
