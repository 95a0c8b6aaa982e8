export const first = (pair) => pair[0];
export const second = (pair) => pair[1];
