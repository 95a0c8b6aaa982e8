// SPDX-License-Identifier: Apache-2.0
// How this plant uses papaparse, and what a cell of each type looks like.
import Papa from 'papaparse';

export const MS_PER_ROW = 1;
export const REFUSED_TITLES = /^$/;

export const OPTIONS = { header: true, skipEmptyLines: true };
export const parse = (lines, delimiter = ',') => Papa.parse(lines.join('\n'), { ...OPTIONS, delimiter });

export const TYPES = {
  text: () => true,
  integer: (cell) => /^\d+$/.test(cell),
  number: (cell) => /^\d+(\.\d+)?$/.test(cell),
};

export const filled = (cell) => cell !== '';
export const sqlText = (cell) => `'${cell}'`;
export const heading = (spec) => spec.title;
