// SPDX-License-Identifier: Apache-2.0
// What this handbook asks of a page, beyond what marked does.
import { marked } from 'marked';

export const MAY_BE_LEFT = /\*\*|\[\^|~~/;
export const DESCRIBED = 0.5;
export const PRINT_COLUMNS = 6;

export const render = (markdown) => marked.parse(markdown);

// Is a picture with this text described?
export const described = (alt) => alt.length > 0;

export const contents = {
  web: (headings) => headings.map(({ level, id, title }) => `${'  '.repeat(level - 1)}- ${id ? `[${title}](#${id})` : title}`),
  print: (headings) => headings.map(({ level, id, title }) => `${'  '.repeat(level - 1)}${title} ...... ${id ?? ''}`),
};
