import { Buffer } from 'node:buffer';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ascii = /^[\x00-\x7f]*$/;
/** Of a path and of a name in it, as Linux has them: nothing longer can be unpacked. Bytes. */
export const maxPathBytes = 4096;
const maxNameBytes = 255;
const hasOddSegment = /(?:^|\/)\.{0,2}(?:\/|$)/;

/**
 * Bytes of a name, each a letter of latin1, as text. Bytes that are no UTF-8 become lone surrogates (U+DC80 to U+DCFF), as in
 * Python: two names are never the same text unless they are the same bytes. Before people see it: `toWellFormed()`.
 */
export function decodeName(bytes: string): string {
  if (ascii.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  try {
    return decoder.decode(buffer);
  } catch {
    return decodeMixed(buffer);
  }
}

function decodeMixed(buffer: Buffer): string {
  let text = '';
  for (let at = 0; at < buffer.byteLength; ) {
    const first = buffer[at]!;
    const size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    try {
      text += decoder.decode(buffer.subarray(at, at + size));
      at += size;
    } catch {
      text += String.fromCharCode(0xdc00 + first);
      at += 1;
    }
  }
  return text;
}

/**
 * A path from the root, whatever was written: no slash in front, no `.`, `..`, or empty segments; `..` stops at the root.
 * @returns nothing when it is too long to be a path on Linux.
 */
export function canonicalPath(name: string): string | undefined {
  // As most archives have them.
  if (name.length <= maxNameBytes && !hasOddSegment.test(name)) return name;
  if (name.length > maxPathBytes && Buffer.byteLength(name) > maxPathBytes) return undefined;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
    if (part.length > maxNameBytes) return undefined;
  }
  return parts.join('/');
}

/** The folder that a canonical path stands in; the root is the empty path. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** How many links are followed on the way to one file, as Linux does. */
const maxHops = 40;
/** As containerd does when it looks for the place to unpack something to. */
export const maxUnpackHops = 255;
/** Segments that are walked for one path, whatever its links bring in. */
const maxSteps = 10_000;

/**
 * Follows all symbolic links in a path. `..` goes up from where the links before it led, and stops at the root.
 * @returns nothing when links lead around or through more than `most` of them.
 */
export function followLinks(
  path: string,
  linkAt: (path: string) => string | undefined,
  most: number = maxHops,
): string | undefined {
  const rest = path.split('/').reverse();
  let at = '';
  let hops = 0;
  for (let steps = 0; rest.length > 0; steps++) {
    if (steps > maxSteps) return undefined;
    const part = rest.pop()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = parentOf(at);
      continue;
    }
    const next = joinPath(at, part);
    const link = linkAt(next);
    if (link === undefined) at = next;
    else {
      if (++hops > most) return undefined;
      if (link.startsWith('/')) at = '';
      for (const segment of link.split('/').reverse()) rest.push(segment);
    }
  }
  return at;
}
