// SPDX-License-Identifier: Apache-2.0
// What the model is asked, what it costs, and what an answer must hold.
export const MODEL = 'small-1';
export const USD_PER_TOKEN = 0.00005;
export const questions = () => 1;
export const LONGEST_VALUE = 80;
export const GROUNDED = 0.9;

export const prompt = (template, spec) => template.replace('{fields}', spec.fields.join(', '))
  .replace('{text}', Array(spec.repeat ?? 1).fill(spec.text).join('\n'));

export const parse = (answer) => JSON.parse(answer);

export const prose = { name: (value) => `It is from ${value}.`, date: (value) => `It is of ${value}.`, amount: (value) => `It is about ${value}.` };
