import { words } from 'words';

export const count = (text) => words(text).length;
