export const fallback = (value) => value ?? 'none';
