import type { License } from '../bom.ts';

/** The licences of a package as its own words declare them, each once. */
export function declaredLicenses(words: readonly string[]): License[] {
  return [...new Set(words)].map((name) => ({ name }));
}
