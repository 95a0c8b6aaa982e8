import { trim } from './trim.mjs';

export const split = (text) => trim(text).split(' ');
