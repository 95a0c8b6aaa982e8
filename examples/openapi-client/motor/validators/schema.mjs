// The official JSON Schema of the OpenAPI version the document names.   node schema.mjs SPEC
// `format` is not checked: the schema of 3.1 asks for a plain URI where the specification allows a template.
import { Validator } from '@seriousme/openapi-schema-validator';
import { readSpec, tell } from './tell.mjs';

const { document, dialect } = readSpec(process.argv[2]);
const version = { 'swagger-2.0': '2.0', 'openapi-3.0': '3.0', 'openapi-3.1': '3.1' }[dialect];
if (!version) tell(dialect, [{ path: '', message: 'neither Swagger 2.0 nor OpenAPI 3.0 or 3.1' }]);
const check = new Validator({ validateFormats: false }).getAjvValidator(version);
const errors = check(document) ? [] : check.errors;
tell(dialect, errors.map((e) => ({ path: e.instancePath, message: e.message })));
