import { Buffer } from 'node:buffer';

/** Thrown for content that is not what it should be; who reads it on makes a rejection or an error of it. */
export class MalformedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MalformedError';
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object from UTF-8. An object that has a key twice is refused: readers differ in which of the two they take, and a
 * signature would be over both.
 * @throws {MalformedError}
 */
export function parseJson(bytes: Uint8Array, what: string): JsonObject {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new MalformedError(`${what} is not JSON`, { cause });
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new MalformedError(`${what} has ${JSON.stringify(twice)} twice`);
  return asObject(value, what);
}

/** @throws {MalformedError} when the value is no object. */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new MalformedError(`${what} is not a JSON object`);
}

/** @throws {MalformedError} when the value is no text. */
export function asText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new MalformedError(`${what} is not a text`);
}

/** The entries of an object whose values are texts; nothing for `null` and `undefined`. */
export function asTexts(value: unknown, what: string): Readonly<Record<string, string>> {
  if (value === null || value === undefined) return {};
  for (const [key, text] of Object.entries(asObject(value, what))) asText(text, `${what}.${key}`);
  return value as Readonly<Record<string, string>>;
}

/**
 * Standard base64 in its one canonical form, so that no two texts stand for the same bytes.
 * @throws {MalformedError}
 */
export function fromBase64(value: unknown, what: string): Buffer<ArrayBuffer> {
  const text = asText(value, what);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new MalformedError(`${what} is not base64`);
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Strings, and what opens, closes and separates; the text is known to be JSON. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** The first key that an object of a JSON text has twice. */
function repeatedKey(text: string): string | undefined {
  // Of each open object its keys so far; of each open list nothing.
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (const [found] of text.matchAll(token)) {
    const keys = open.at(-1);
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(undefined);
    else if (found === '}' || found === ']') open.pop();
    else if (found !== ',' && isKey && keys !== undefined) {
      const key = JSON.parse(found) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    isKey = found === '{' || (found === ',' && open.at(-1) !== undefined);
  }
  return undefined;
}

/** The text of one member of a JSON object, as it was written; nothing when there is none. */
export function rawMember(text: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  for (const { 0: found, index } of text.matchAll(token)) {
    const endsMember = depth === 1 && (found === ',' || found === '}');
    if (endsMember && start >= 0) return text.slice(start, index).trim();
    if (found === '{' || found === '[') depth++;
    else if (found === '}' || found === ']') depth--;
    else if (depth === 1 && found === ',') key = undefined;
    else if (depth === 1 && key === undefined) {
      key = JSON.parse(found) as string;
      if (key === name) start = text.indexOf(':', index + found.length) + 1;
    }
  }
  return undefined;
}
