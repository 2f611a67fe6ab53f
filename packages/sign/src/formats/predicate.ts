import { LadingError } from '@lading/oci';
import { predicateTypeNames, predicateTypeOf } from './predicate-types.ts';

/** What is attested of an image. */
export interface Predicate {
  /** A URI. */
  readonly type: string;
  /** JSON, as it was written. */
  readonly json: string;
}

/**
 * Makes a predicate of a document, as cosign does for its short names: `custom` wraps any text, `spdx` takes a tag-value document as a text,
 * everything else is JSON.
 * @param type a short name or a URI
 * @param clock Milliseconds since 1970; `custom` says when it was made.
 * @throws {LadingError} `ERR_LADING_PREDICATE`
 */
export function makePredicate(type: string, document: Uint8Array, clock: () => number): Predicate {
  const uri = predicateTypeOf(type);
  if (uri === undefined) {
    throw new LadingError('ERR_LADING_PREDICATE', `${JSON.stringify(type)} is no type of predicate`, {
      hint: `A type is a URI or one of ${predicateTypeNames.join(', ')}.`,
    });
  }
  const text = decode(document);
  if (type === 'custom') {
    const timestamp = new Date(clock()).toISOString().replace(/\.\d+Z$/, 'Z');
    return { type: uri, json: JSON.stringify({ Data: text, Timestamp: timestamp }) };
  }
  if (type === 'spdx') return { type: uri, json: JSON.stringify(text) };
  return { type: uri, json: checkJson(text, type) };
}

function decode(document: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(document);
  } catch (cause) {
    throw new LadingError('ERR_LADING_PREDICATE', 'the predicate is not UTF-8 text', { cause });
  }
}

function checkJson(text: string, type: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LadingError('ERR_LADING_PREDICATE', `the predicate is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: `Predicates of type ${type} are JSON documents; for any other text there is the type custom.`,
    });
  }
  const problem = shapeProblem(value, type);
  if (problem !== undefined) {
    throw new LadingError(
      'ERR_LADING_PREDICATE',
      `the predicate is ${problem}, as the type ${type} wants it to be`,
    );
  }
  return text.trim();
}

/** What documents of these types cannot do without; the wrong file is the likeliest mistake. */
function shapeProblem(value: unknown, type: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no JSON object';
  if (type === 'cyclonedx' && (value as { bomFormat?: unknown }).bomFormat !== 'CycloneDX')
    return 'no CycloneDX document';
  if (type === 'spdxjson' && !('spdxVersion' in value || '@graph' in value)) return 'no SPDX document';
  return undefined;
}
