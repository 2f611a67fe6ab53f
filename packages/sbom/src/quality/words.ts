import { type JsonObject, objectOf, objectsOf } from '../formats/values.ts';
import { identifier, shortText } from '../language/json-text.ts';
import type { Party, UnknownField } from './view.ts';

/** Words that say that something is not known (SPDX's NOASSERTION above all), which is more than not to say anything. */
export function isUnknownWord(text: string | undefined): boolean {
  return text !== undefined && /^(?:noassertion|unknown|not known|urn:spdx:noassertion)$/i.test(text.trim());
}

/** A field's text; nothing when there is none, or one that only says that nobody knows. */
export function knownText(value: unknown): string | undefined {
  const text = shortText(value);
  return isUnknownWord(text) || /^\[not provided\]$/.test(text ?? '') ? undefined : text;
}

const fieldsByWord: ReadonlyMap<string, UnknownField> = new Map([
  ['dependencies', 'dependencies'],
  ['hash', 'hash'],
  ['identifier', 'identifier'],
  ['license', 'license'],
  ['supplier', 'supplier'],
  ['version', 'version'],
]);

/** The name under which lading's writers say what is unknown: `hash,license`. */
export const unknownProperty = 'lading:unknown';

/** The fields in such a list. */
export function unknownFields(list: string): UnknownField[] {
  return list.split(',').flatMap((word) => fieldsByWord.get(word.trim()) ?? []);
}

/** One object, or a list of them: both are found where formats changed their minds. */
export function objectOrObjects(value: unknown): JsonObject[] {
  const one = objectOf(value);
  return one === undefined ? objectsOf(value) : [one];
}

/** A party with what is known of it; nothing when that is nothing. */
export function partyOf(
  role: Party['role'],
  { name, email, url }: { name?: unknown; email?: unknown; url?: unknown },
): Party[] {
  const party = { name: knownText(name), email: emailOf(email), url: urlOf(url) };
  if (party.name === undefined && party.email === undefined && party.url === undefined) return [];
  return [{ role, ...party }];
}

/** An address of the usual form. */
export function emailOf(value: unknown): string | undefined {
  const text = identifier(value);
  return text !== undefined && /^[^\s@<>()]+@[^\s@<>()]+$/.test(text) ? text : undefined;
}

/** An absolute URL of the web. */
function urlOf(value: unknown): string | undefined {
  const text = identifier(value, 2000);
  return text !== undefined && /^https?:\/\/[^\s/]/i.test(text) && URL.canParse(text) ? text : undefined;
}
