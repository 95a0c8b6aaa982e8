// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert';
import { contents, render } from '../rules.mjs';

assert.match(render('# Start\n\nA *word* and `code`.\n'), /<h1[^>]*>Start<\/h1>\s*<p>A <em>word<\/em> and <code>code<\/code>\.<\/p>/);
assert.match(render('| a | b |\n|---|---|\n| 1 | 2 |\n'), /<table>[\s\S]*<td>2<\/td>/);
assert.deepStrictEqual(contents.web([{ level: 1, id: 'start', title: 'Start' }]), ['- [Start](#start)']);
