export const swap = ([a, b]) => [b, a];
