import { sbomError } from './errors.ts';
import type { SbomLimits } from './limits.ts';

/** A document's text: UTF-8, or UTF-16 that says so with a byte order mark, as XML of .NET programs does. */
export function textOfDocument(document: string | Uint8Array, limits: SbomLimits): string {
  if (document.length > limits.maxBytes) {
    throw sbomError(`the SBOM is larger than ${limits.maxBytes} bytes`);
  }
  if (typeof document === 'string') return document.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder(encodingOf(document), { fatal: true }).decode(document);
  } catch (error) {
    throw sbomError('the SBOM is not text in UTF-8', error);
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** JSON within the limits. Depth and number of values are counted before anything is made of them: a few bytes can stand for many objects. */
export function parseBoundedJson(text: string, limits: SbomLimits): unknown {
  measure(text, limits);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw sbomError('the SBOM is not JSON', error);
  }
}

const quote = 0x22;
const backslash = 0x5c;

function measure(text: string, { maxDepth, maxValues }: SbomLimits): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        values++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        values++;
        break;
    }
    if (depth > maxDepth) throw sbomError(`the SBOM has more than ${maxDepth} levels`);
    if (values > maxValues) throw sbomError(`the SBOM has more than ${maxValues} values`);
  }
}

/** Where a string ends, or the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return at;
  }
}
