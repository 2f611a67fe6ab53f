import { escapeSteering } from '@lading/oci';

/**
 * What XML 1.0 has no way to say, escaped or not: most control characters, halves of surrogate pairs, U+FFFE and U+FFFF (XML 1.0, 2.2).
 * Each becomes U+FFFD, so that one sees that something was there.
 */
export function legibleInXml(text: string): string {
  return unsayable.test(text) ? text.toWellFormed().replace(allUnsayable, '\uFFFD') : text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unsayable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const allUnsayable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/** Escaped for the inside of elements and of attributes in double quotes. Line ends and tabs would be made into others by whoever reads them. */
function escaped(text: string, isAttribute: boolean): string {
  const legible = escapeSteering(
    legibleInXml(text).replace(/[&<>"\r]/g, (character) => entities[character]!),
    (code) => `&#x${code.toString(16)};`,
  );
  return isAttribute ? legible.replace(/[\t\n]/g, (character) => entities[character]!) : legible;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

export type Attributes = Readonly<Record<string, string | undefined>>;

/** An element's start, with those attributes that are there. */
export function startTag(name: string, attributes: Attributes = {}): string {
  let tag = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) tag += ` ${key}="${escaped(value, true)}"`;
  }
  return `${tag}>`;
}

/** An element around what is XML already. */
export function element(name: string, content: string, attributes?: Attributes): string {
  return `${startTag(name, attributes)}${content}</${name}>`;
}

/** An element with a text in it; nothing when there is no text. */
export function textElement(name: string, text: string | undefined, attributes?: Attributes): string {
  return text === undefined ? '' : element(name, escaped(text, false), attributes);
}

/** An element around elements, one for each member; nothing when there is no list. */
export function listElement<T>(
  name: string,
  members: readonly T[] | undefined,
  write: (member: T) => string,
): string {
  return members === undefined ? '' : element(name, members.map(write).join(''));
}
