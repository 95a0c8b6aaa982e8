// Redocly's linter, held to what the OpenAPI specification itself demands (no style).   node redocly.mjs SPEC
import { createConfig, lint } from '@redocly/openapi-core';
import { readSpec, tell } from './tell.mjs';

const RULES = ['struct', 'no-unresolved-refs', 'security-defined', 'path-parameters-defined', 'operation-operationId-unique',
  'operation-parameters-unique', 'no-identical-paths', 'no-undefined-server-variable'];

// Findings of these rules that go beyond the specification: security is optional, `nullable` without a type has no effect,
// and an x-extension may hold anything.
const STRICTER = [/^Every operation should have security/, /^The `type` field must be defined when the `nullable`/];
const beyond = (p) => STRICTER.some((text) => text.test(p.message)) || /\/x-[^/]*\//.test(p.location[0]?.pointer ?? '');

const { file, dialect } = readSpec(process.argv[2]);
const config = await createConfig({ rules: Object.fromEntries(RULES.map((rule) => [rule, 'error'])) });
const problems = await lint({ ref: file, config });
tell(dialect, problems.filter((p) => p.severity === 'error' && !beyond(p))
  .map((p) => ({ path: (p.location[0]?.pointer ?? '').replace(/^#\/?/, '/').replace(/^\/$/, ''), message: `${p.ruleId}: ${p.message.split('\n')[0]}` })));
