export const halt = () => {};
