// SPDX-License-Identifier: Apache-2.0
// How this plant uses js-yaml, and what it asks of settings.
import yaml from 'js-yaml';

export const CENTS_PER_REPLICA = 1;
export const PORTS = [1, 65535];

// What is safe has been called load since js-yaml 4.
export const parse = (source) => (yaml.DEFAULT_SAFE_SCHEMA ? yaml.safeLoad : yaml.load)(source);

export const PLACEHOLDER = /\$\{([a-z0-9_]+)\}/g;
export const mode = (value) => value;
export const iniValue = (value) => String(value);
export const commented = (source) => {
  const keys = source.match(/^\s*[\w-]+:/gm) ?? [];
  return keys.length ? Math.min(1, (source.match(/^\s*# (?!documented:)/gm) ?? []).length / keys.length) : 1;
};
