import fs from 'node:fs';

export const load = () => JSON.parse(fs.readFileSync('fixture.json', 'utf8'));
