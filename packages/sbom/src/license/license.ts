import parse from 'spdx-expression-parse';
import type { License } from '../bom.ts';
import { licenseId } from './license-id.ts';

/** Characters. Longer words are the licence itself and not its name; parsing goes as deep as parentheses do. */
const maxExpressionLength = 1000;
const maxNameLength = 200;

/** What fields hold that want to say nothing. */
const nothing = /^(?:none|noassertion|unknown|n\/?a|null|undefined|-)?$/i;

/**
 * The licence that a package declares: an SPDX expression (SPDX 2.3, annex D) where its words are one or say the same as one
 * (`GPLv2+ and ASL 2.0`, `GPL-2+ or Artistic-2.0, and BSD-3-clause`); else the words as they are. Nothing for words that say nothing.
 * One unknown part makes the whole a name: an expression with a part left out would tell something else.
 */
export function licenseOf(words: string): License | undefined {
  const text = words.replace(/\s+/g, ' ').trim();
  if (nothing.test(text)) return undefined;
  if (text.length > maxExpressionLength) return { name: nameOf(words) };
  const expression = expressionOf(text);
  return expression === undefined ? { name: nameOf(words) } : { expression };
}

/** Thousands of packages share a few licences, and an expression takes the parser a third of a millisecond. */
const known = new Map<string, string | undefined>();
const maxKnown = 5000;

function expressionOf(text: string): string | undefined {
  if (known.has(text)) return known.get(text);
  const expression = parsed(text) ?? parsed(translated(text));
  if (known.size >= maxKnown) known.clear();
  known.set(text, expression);
  return expression;
}

/** Several declarations, each once, in their order. */
export function licensesOf(declarations: Iterable<string>): License[] {
  const found = new Map<string, License>();
  for (const words of declarations) {
    const license = licenseOf(words);
    if (license !== undefined) found.set(JSON.stringify(license), license);
  }
  return [...found.values()];
}

function nameOf(words: string): string {
  const line = words.trim().split(/\r?\n/, 1)[0]?.replace(/\s+/g, ' ').trim() ?? '';
  return line.length > maxNameLength ? `${line.slice(0, maxNameLength - 1)}…` : line;
}

function parsed(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return written(parse(text));
  } catch {
    return undefined;
  }
}

/** Written anew, so that one expression is one text; deprecated GNU names get today's. */
function written(info: parse.Info): string {
  if (!('conjunction' in info)) {
    const later = info.plus === true ? '+' : '';
    const id = licenseId(`${info.license}${later}`) ?? `${info.license}${later}`;
    return info.exception === undefined ? id : `${id} WITH ${info.exception}`;
  }
  const operator = info.conjunction.toUpperCase();
  const side = (part: parse.Info): string =>
    'conjunction' in part && part.conjunction !== info.conjunction ? `(${written(part)})` : written(part);
  return `${side(info.left)} ${operator} ${side(info.right)}`;
}

/** The expression that words of other tongues mean; nothing when a part of it is unknown. */
function translated(text: string): string | undefined {
  // In Debian's copyright format a comma binds less than a word does (DEP-5, "License specification").
  const clauses = /, (?:and|or) /i.test(text) ? text.split(/, (?=(?:and|or) )/i) : [text];
  if (clauses.length === 1) return clause(text);
  let whole: string | undefined;
  for (const [index, part] of clauses.entries()) {
    const [, operator = '', words = part] = index === 0 ? [] : (/^(and|or) (.*)$/i.exec(part) ?? []);
    const inner = clause(words);
    if (inner === undefined) return undefined;
    whole = whole === undefined ? `(${inner})` : `(${whole} ${operator.toUpperCase()} (${inner}))`;
  }
  return whole;
}

function clause(text: string): string | undefined {
  const whole = licenseId(text);
  if (whole !== undefined) return whole;
  const tokens = text.split(/(\(|\)| and | or |&&?|\|\|?)/i).map((token) => token.trim());
  // Asked for just now.
  if (tokens.length === 1 && tokens[0] === text) return withException(text);
  const parts: string[] = [];
  for (const words of tokens) {
    if (words === '') continue;
    const operator = /^(?:\(|\)|and|or|&&?|\|\|?)$/i.test(words) ? operatorOf(words) : undefined;
    const part = operator ?? termOf(words);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts.join(' ');
}

function operatorOf(token: string): string {
  if (token.startsWith('&')) return 'AND';
  if (token.startsWith('|')) return 'OR';
  return token.toUpperCase();
}

function termOf(words: string): string | undefined {
  return group(licenseId(words)) ?? withException(words);
}

function withException(words: string): string | undefined {
  const [name = '', exception, ...more] = words.split(/ with /i);
  if (exception === undefined || more.length > 0) return undefined;
  const id = licenseId(name);
  const exceptionId = exceptionOf(exception);
  return id === undefined || exceptionId === undefined ? undefined : `${id} WITH ${exceptionId}`;
}

/** An id may be two licences at one's choice (`perl`), which then stay together. */
function group(expression: string | undefined): string | undefined {
  return expression?.includes(' ') === true ? `(${expression})` : expression;
}

const exceptions: ReadonlyMap<string, string> = new Map([
  ['autoconf', 'Autoconf-exception-2.0'],
  ['bison', 'Bison-exception-2.2'],
  ['classpath', 'Classpath-exception-2.0'],
  ['font', 'Font-exception-2.0'],
  ['libtool', 'Libtool-exception'],
]);

function exceptionOf(words: string): string | undefined {
  const known = exceptions.get(words.toLowerCase().replace(/[ -]exceptions?$/, ''));
  if (known !== undefined) return known;
  return parsed(`GPL-2.0-only WITH ${words}`) === undefined ? undefined : words;
}
