// The pipeline's own rules. Each is a MUST of the OpenAPI specification that the generated client relies on; each yields
// findings {path, message}. A rule is a function of the document, so it is easy to test and to reason about.
import { deref, dialectOf, operations, pointer } from '../lib/document.mjs';

// "The Responses Object MUST contain at least one response code."
export function* everyOperationHasAResponse(document) {
  for (const { operation, where } of operations(document)) {
    if (!operation.responses) { if (dialectOf(document) !== 'openapi-3.1') yield { path: where, message: 'the operation has no responses' }; continue; }
    const codes = Object.keys(operation.responses).filter((code) => !code.startsWith('x-'));
    if (!codes.length) yield { path: `${where}/responses`, message: 'the operation declares no response code' };
  }
}

// "Each name MUST correspond to a security scheme which is declared in the Security Schemes."
export function* securitySchemesAreDeclared(document) {
  const declared = document.components?.securitySchemes ?? document.securityDefinitions ?? {};
  function* check(requirements, where) {
    for (const [index, requirement] of (requirements ?? []).entries()) {
      for (const name of Object.keys(requirement)) {
        if (!(name in declared)) yield { path: `${where}${pointer(index, name)}`, message: `the security scheme "${name}" is not declared` };
      }
    }
  }
  yield* check(document.security, '/security');
  for (const { operation, where } of operations(document)) yield* check(operation.security, `${where}/security`);
}

// "The id MUST be unique among all operations described in the API."
export function* operationIdsAreUnique(document) {
  const seen = new Map();
  for (const { operation, where } of operations(document)) {
    const id = operation.operationId;
    if (id === undefined) continue;
    if (seen.has(id)) yield { path: `${where}/operationId`, message: `the operationId "${id}" is used twice` };
    seen.set(id, where);
  }
}

// "Each template expression in the path MUST correspond to a path parameter."
export function* pathParametersAreDeclared(document) {
  for (const { route, item, operation, where } of operations(document)) {
    const declared = new Set([...(item.parameters ?? []), ...(operation.parameters ?? [])]
      .map((p) => deref(document, p)).filter((p) => p?.in === 'path').map((p) => p.name));
    for (const [, name] of route.matchAll(/\{([^{}]+)\}/g)) {
      if (!declared.has(name)) yield { path: where, message: `the path parameter "${name}" is not declared` };
    }
  }
}

// JSON Schema 2020-12, which OpenAPI 3.1 adopts: "The value of exclusiveMinimum MUST be a number" (and likewise maximum).
export function* exclusiveLimitsAreNumbers(document) {
  if (dialectOf(document) !== 'openapi-3.1') return;
  const open = [[document, '']];
  while (open.length) {
    const [node, where] = open.pop();
    for (const [key, value] of Object.entries(node)) {
      const here = where + pointer(key);
      if (value !== null && typeof value === 'object') {
        if (!['example', 'examples', 'default', 'enum', 'const'].includes(key)) open.push([value, here]);
      } else if ((key === 'exclusiveMinimum' || key === 'exclusiveMaximum') && typeof value !== 'number') {
        yield { path: here, message: `${key} is a ${typeof value}, it must be a number` };
      }
    }
  }
}

export const RULES = [everyOperationHasAResponse, securitySchemesAreDeclared, operationIdsAreUnique, pathParametersAreDeclared,
  exclusiveLimitsAreNumbers];

export function checkDocument(document) {
  const findings = [];
  for (const rule of RULES) {
    for (const finding of rule(document)) findings.push({ rule: rule.name, ...finding });
  }
  return findings.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
