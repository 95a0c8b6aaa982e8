export const pad = (n) => String(n).padStart(4);
