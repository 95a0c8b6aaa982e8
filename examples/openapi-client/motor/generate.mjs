// Generates TypeScript from one document.   node generate.mjs SPEC OUT.ts PROFILE
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import openapiTS from 'openapi-typescript';

const [spec, out, profile] = process.argv.slice(2);

// A build must not depend on what some server answers today: the generator gets no network.
globalThis[Symbol.for('undici.globalDispatcher.1')] = {
  dispatch: ({ origin, path }) => { throw new Error(`a build step has no network, refused ${origin}${path}`); },
};

const STYLES = { plain: {}, strict: { immutableTypes: true, alphabetize: true } };
const text = await openapiTS(pathToFileURL(spec), { silent: true, ...STYLES[profile] });
if (typeof text !== 'string') throw new Error(`the generator gave ${Array.isArray(text) ? 'a list' : typeof text} where text was expected`);
fs.writeFileSync(out, text);
