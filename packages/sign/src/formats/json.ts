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
 * signature would be over both. So is one that is nested beyond all measure.
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
  const problem = problemOf(text);
  if (problem !== undefined) throw new MalformedError(`${what} ${problem}`);
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

/** Deeper than any honest document; who walks through what was read must not run out of stack. */
const maxDepth = 500;

/**
 * Strings, and what opens, closes and separates, one after the other; the text is known to be JSON. Strings are passed over by hand: on long
 * ones, such as the payload of a large envelope, a regular expression runs out of stack.
 */
function* tokensOf(text: string): Generator<{ readonly found: string; readonly index: number }, void> {
  const next = /["{}[\],]/g;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    const { index } = match;
    if (match[0] === '"') next.lastIndex = endOfString(text, index);
    yield { found: text.slice(index, next.lastIndex), index };
  }
}

/** Where the string that begins at `start` is over. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes++;
    // Of an even number each escapes the one after it, and none the quote.
    if (escapes % 2 === 0) return end + 1;
  }
}

/** Why readers could differ on a JSON text, or fail on it; nothing when they cannot. */
function problemOf(text: string): string | undefined {
  // Of each open object its keys so far; of each open list nothing.
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (const { found } of tokensOf(text)) {
    const keys = open.at(-1);
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(undefined);
    else if (found === '}' || found === ']') open.pop();
    else if (found !== ',' && isKey && keys !== undefined) {
      const key = JSON.parse(found) as string;
      if (keys.has(key)) return `has ${shown(key)} twice`;
      keys.add(key);
    }
    if (open.length > maxDepth) return `is nested deeper than ${maxDepth}`;
    isKey = found === '{' || (found === ',' && open.at(-1) !== undefined);
  }
  return undefined;
}

/** A value as an error shows it: of what others wrote, no more than a line. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 200 ? `${json.slice(0, 200)}…` : json;
}

/** The text of one member of a JSON object, as it was written; nothing when there is none. */
export function rawMember(text: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  for (const { found, index } of tokensOf(text)) {
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
