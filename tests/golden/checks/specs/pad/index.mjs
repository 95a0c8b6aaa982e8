import leftPad from 'left-pad';

export const pad = (n) => leftPad(n, 4);
