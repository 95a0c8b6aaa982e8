export const greet = (name) => `Hallo ${name}`;
