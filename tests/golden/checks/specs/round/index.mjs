export const round = (n) => Math.floor(n);
