import parse from 'spdx-expression-parse';
import type { ComponentView, DocumentView } from './view.ts';

/** RFC 3339, as both formats want it. */
export function isTimestamp(text: string | undefined): boolean {
  return (
    text !== undefined &&
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,12})?(?:Z|[+-]\d{2}:\d{2})$/i.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

/** Hexadecimal digits that hashes of an algorithm have. */
const lengths: ReadonlyMap<string, number> = new Map([
  ['md5', 32],
  ['sha1', 40],
  ['sha224', 56],
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
  ['sha3256', 64],
  ['sha3384', 96],
  ['sha3512', 128],
  ['blake2b256', 64],
  ['blake2b384', 96],
  ['blake2b512', 128],
]);

/** `SHA-512`, `SHA512` and `sha512` are one. */
function algorithmOf(name: string | undefined): string {
  return (name ?? '').toLowerCase().replace(/[-_]/g, '');
}

/** A value that is long enough for what it is said to be. */
export function hasHashValue({ hashes }: ComponentView, algorithm?: string): boolean {
  return hashes.some((hash) => {
    const name = algorithmOf(hash.algorithm);
    const value = hash.value ?? '';
    if (algorithm !== undefined && name !== algorithm) return false;
    return /^[0-9a-f]{32,}$/i.test(value) && value.length === (lengths.get(name) ?? value.length);
  });
}

export function hasHashAlgorithm({ hashes }: ComponentView): boolean {
  return hashes.some(({ algorithm }) => algorithmOf(algorithm) !== '');
}

/** Parsing goes as deep as parentheses do. Characters. */
const maxExpression = 1000;

/** An SPDX licence identifier or expression, `LicenseRef-` and all; not NONE. */
export function isLicenseExpression(text: string): boolean {
  if (text.length >= maxExpression || text === 'NONE') return false;
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** At least such a version: numbers with dots between them. */
export function isAtLeast(version: string | undefined, least: readonly number[]): boolean {
  const parts =
    /^\d{1,6}(?:\.\d{1,6})*$/
      .exec(version ?? '')?.[0]
      .split('.')
      .map(Number) ?? [];
  if (parts.length === 0) return false;
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** Known versions of the formats: one that is made up tells no reader how to read the document. */
export function isKnownFormat({ format, formatVersion }: DocumentView): boolean {
  return format === 'CycloneDX'
    ? /^1\.[2-7]$/.test(formatVersion ?? '')
    : /^(?:2\.[23]|3\.0(?:\.\d)?)$/.test(formatVersion ?? '');
}
