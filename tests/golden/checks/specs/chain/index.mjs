export const city = (user) => user?.address?.city;
