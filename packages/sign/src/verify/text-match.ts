import { LadingError } from '@lading/oci';
import { RE2JS } from 're2js';
import type { TextMatch } from '../authority.ts';

const maxPatternLength = 1000;

/**
 * What a text has to be. A pattern has to match all of it, with anchors or without: `https://github.com/acme/app` matches no
 * `https://github.com/acme/app-evil`. Patterns are RE2's, so that none takes longer than the text is long.
 * @param what For the error: `identity`, `issuer`.
 * @throws {LadingError} `ERR_LADING_TRUST_POLICY` for a text that is empty, and a pattern that cannot be read.
 */
export function textMatcher(match: TextMatch, what: string): (text: string) => boolean {
  if ('exact' in match) {
    const { exact } = match;
    if (exact === '') throw new LadingError('ERR_LADING_TRUST_POLICY', `the ${what} to be trusted is empty`);
    return (text) => text === exact;
  }
  const pattern = compile(match.pattern, what);
  return (text) => pattern.matches(text);
}

function compile(pattern: string, what: string): RE2JS {
  if (pattern === '') throw new LadingError('ERR_LADING_TRUST_POLICY', `the pattern of the ${what} is empty`);
  if (pattern.length > maxPatternLength) {
    throw new LadingError('ERR_LADING_TRUST_POLICY', `the pattern of the ${what} is too long`, {
      hint: `Use at most ${maxPatternLength} characters.`,
    });
  }
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LadingError('ERR_LADING_TRUST_POLICY', `the pattern of the ${what} cannot be read: ${why}`, {
      hint: 'Patterns are in the syntax of RE2, which has no look-around and no back-references: https://github.com/google/re2/wiki/Syntax',
      cause,
    });
  }
}

/** A text as a pattern that matches only it. */
export function literal(text: string): string {
  return RE2JS.quote(text);
}

/**
 * Whether a pattern would mean something else to cosign: there a pattern without `^` and `$` matches also in the middle of a text, here
 * only the whole. For a notice to people who bring their patterns along.
 */
export function looksUnanchored(pattern: string): boolean {
  const inner = pattern.replace(/^\(\?[imsU]+\)/, '');
  const isClosed = /(?:^|[^\\])(?:\\\\)*(?:\$|\\z)$/.test(inner);
  return !/^(?:\^|\\A)/.test(inner) || !isClosed || hasTopLevelChoice(inner);
}

/** `^a|b$` is `(^a)|(b$)`: each half is open at one end. */
function hasTopLevelChoice(pattern: string): boolean {
  let depth = 0;
  for (const [token] of pattern.matchAll(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]/gs)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (token === '|' && depth === 0) return true;
  }
  return false;
}
