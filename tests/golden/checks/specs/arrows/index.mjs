export const pick = ({ a, ...rest }) => rest;
