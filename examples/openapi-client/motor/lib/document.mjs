// Reading an API document and finding one's way in it.
import fs from 'node:fs';
import path from 'node:path';
import yaml from 'js-yaml';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const NAMES = ['openapi.json', 'openapi.yaml', 'openapi.yml', 'swagger.json', 'swagger.yaml'];

export function findSpec(ref) {
  if (!fs.statSync(ref).isDirectory()) return ref;
  const found = NAMES.map((name) => path.join(ref, name)).find((file) => fs.existsSync(file));
  if (!found) throw new Error(`none of ${NAMES.join(', ')} is in the folder`);
  return found;
}

export const isJson = (text) => /^\s*\{/.test(text);

export function parseDocument(text) {
  const document = isJson(text) ? JSON.parse(text) : yaml.load(text, { schema: yaml.JSON_SCHEMA });
  if (document === null || typeof document !== 'object' || Array.isArray(document)) throw new Error('the document is not an object');
  return document;
}

export function dialectOf(document) {
  if (typeof document.swagger === 'string') return `swagger-${document.swagger}`;
  const version = /^(\d+\.\d+)/.exec(String(document.openapi ?? ''));
  return version ? `openapi-${version[1]}` : 'unknown';
}

export const pointer = (...parts) => parts.map((p) => `/${String(p).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

export function at(document, ref) {
  let node = document;
  for (const part of ref.split('/').slice(1)) {
    node = node?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return node;
}

// Follows local references; gives the thing itself.
export function deref(document, node) {
  for (let hops = 0; typeof node?.$ref === 'string' && node.$ref.startsWith('#/') && hops < 32; hops++) node = at(document, node.$ref.slice(1));
  return node;
}

export function* operations(document) {
  for (const [route, raw] of Object.entries(document.paths ?? {})) {
    const item = deref(document, raw);
    for (const method of METHODS) {
      if (item?.[method]) yield { route, method, item, operation: item[method], where: pointer('paths', route, method) };
    }
  }
}
