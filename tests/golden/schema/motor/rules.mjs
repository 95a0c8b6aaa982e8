// SPDX-License-Identifier: Apache-2.0
// How the language's types become TypeScript, what the plant asks of a schema, and what its work costs.
import * as graphql from 'graphql';

export const SCALARS = { Int: 'number', Float: 'number', String: 'string', Boolean: 'boolean', ID: 'string' };
export const RESERVED = [];
export const CENTS_PER_TYPE = 1;

export const build = (source) => graphql.buildSchema(source, { allowLegacySDLImplementsInterfaces: true });
export const print = (schema) => graphql.printSchema(graphql.lexicographicSortSchema(schema));

export function typeName(type) {
  if (graphql.isNonNullType(type)) return typeName(type.ofType).replace(/ \| null$/, '');
  const name = graphql.isListType(type) ? `Array<${typeName(type.ofType)}>` : SCALARS[type.name] ?? type.name;
  return `${name} | null`;
}

export const enumMember = (value) => `  ${value.name} = '${value.name}',`;
export const field = (each) => `  ${each.name}: ${typeName(each.type)};`;
export const operation = (root, each) => `${root}.${each.name}(${each.args.map((arg) => arg.name).join(', ')})`;

// The share of types and fields that have a description.
export function described(schema) {
  const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && type.astNode);
  return types.length ? types.filter((type) => type.description).length / types.length : 1;
}
