import assert from 'node:assert/strict';
import test from 'node:test';
import { checkDocument } from '../rules/rules.mjs';

const document = (paths, rest = {}) => ({ openapi: '3.0.3', info: { title: 't', version: '1' }, paths, ...rest });
const ok = { 200: { description: 'ok' } };
const findings = (doc) => checkDocument(doc).map((f) => `${f.rule} ${f.path}`);

test('a sound document has no findings', () => {
  assert.deepEqual(findings(document({ '/a/{id}': { get: { operationId: 'a', responses: ok, parameters: [{ name: 'id', in: 'path', required: true }] } } })), []);
});

test('an operation without a response code is found', () => {
  assert.deepEqual(findings(document({ '/a': { get: { responses: {} } } })), ['everyOperationHasAResponse /paths/~1a/get/responses']);
});

test('an extension is not a response code', () => {
  assert.deepEqual(findings(document({ '/a': { get: { responses: { 'x-note': 1 } } } })), ['everyOperationHasAResponse /paths/~1a/get/responses']);
});

test('OpenAPI 3.1 allows an operation without responses', () => {
  assert.deepEqual(findings({ ...document({ '/a': { get: {} } }), openapi: '3.1.0' }), []);
});

test('an undeclared security scheme is found, a declared one and an empty requirement are not', () => {
  const declared = { components: { securitySchemes: { known: { type: 'http', scheme: 'basic' } } } };
  assert.deepEqual(findings(document({ '/a': { get: { responses: ok, security: [{}, { known: [] }, { key: [] }] } } }, declared)),
    ['securitySchemesAreDeclared /paths/~1a/get/security/2/key']);
});

test('a doubled operationId is found once', () => {
  assert.deepEqual(findings(document({ '/a': { get: { operationId: 'x', responses: ok }, put: { operationId: 'x', responses: ok } } })),
    ['operationIdsAreUnique /paths/~1a/put/operationId']);
});

test('a path parameter may be declared by reference and beside the operations', () => {
  const parameters = { components: { parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'string' } } } } };
  assert.deepEqual(findings(document({ '/a/{id}': { parameters: [{ $ref: '#/components/parameters/Id' }], get: { responses: ok } } }, parameters)), []);
  assert.deepEqual(findings(document({ '/a/{id}': { get: { responses: ok } } })), ['pathParametersAreDeclared /paths/~1a~1{id}/get']);
});

test('limits are booleans in 3.0 and numbers in 3.1', () => {
  const doc = document({ '/a': { get: { responses: ok, parameters: [{ name: 'n', in: 'query', schema: { type: 'number', minimum: 1, exclusiveMinimum: true } }] } } });
  assert.deepEqual(findings(doc), []);
  assert.deepEqual(findings({ ...doc, openapi: '3.1.0' }), ['exclusiveLimitsAreNumbers /paths/~1a/get/parameters/0/schema/exclusiveMinimum']);
});
