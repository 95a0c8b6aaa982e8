export const advice = () => 'write debugger; and look';
