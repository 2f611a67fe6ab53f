import type { Buffer } from 'node:buffer';

/** An object as JSON.parse makes it. Names that an image chose are only listed (`Object.entries`) and never used to look something up. */
export type JsonObject = { readonly [key: string]: unknown };

/** What a file holds. Throws when it is no JSON. A byte order mark in front does no harm. */
export function parseJson(content: Buffer): unknown {
  return JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''));
}

/** The object in a file, see {@link parseJson}; nothing when it holds something else. */
export function parseJsonObject(content: Buffer): JsonObject | undefined {
  return jsonObject(parseJson(content));
}

export function jsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

export function jsonList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string with something in it, cut where it gets too long to be what it says it is. */
export function shortText(value: unknown, maxLength = 1000): string | undefined {
  if (typeof value !== 'string') return undefined;
  const trimmed = value.slice(0, 4 * maxLength).trim();
  return trimmed === '' ? undefined : trimmed.slice(0, maxLength);
}

/** A name or version that may stand in a package URL: one line, no control characters. Longer ones are none. */
export function identifier(value: unknown, maxLength = 256): string | undefined {
  if (typeof value !== 'string' || value.length > 2 * maxLength) return undefined;
  const trimmed = value.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  return /^[^\u0000-\u001f\u007f]+$/.test(trimmed) && trimmed.length <= maxLength ? trimmed : undefined;
}

/** `name <email>` of an object with these two, each cut at the length given; one of them alone when the other is missing. */
export function personText(person: JsonObject | undefined, maxLength: number): string | undefined {
  const [name, email] = [shortText(person?.name, maxLength), shortText(person?.email, maxLength)];
  return name !== undefined && email !== undefined ? `${name} <${email}>` : (name ?? email);
}
