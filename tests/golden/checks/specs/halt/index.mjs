export const halt = () => {
  debugger;
};
