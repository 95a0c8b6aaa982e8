// SPDX-License-Identifier: Apache-2.0
// How this plant uses less, and what it asks of the result.
import less from 'less';

export const OPTIONS = {};
export const MS_PER_RULE = 40;
export const REFUSED = [];

export const compile = (source) => less.render(source, OPTIONS);

// The share of colours that come from variables.
export const reused = (source) => {
  const all = source.match(/:[^;{}@]*(#[0-9a-f]{3,8}\b|@[\w-]+)/gi) ?? [];
  return all.length ? all.filter((each) => /@/.test(each)).length / all.length : 1;
};

// Mail programs know #rrggbb only.
export const mailColour = (hex) => (hex.length === 4 ? `#${[...hex.slice(1)].map((digit) => digit + digit).join('')}` : hex);
