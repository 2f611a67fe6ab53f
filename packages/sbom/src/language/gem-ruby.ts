/** Brackets that a `%q` string may stand in; any other sign stands at both ends. */
const closing: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** In characters; the longest descriptions have some thousands. */
const maxLength = 50_000;
const maxStrings = 1000;

/**
 * The strings that stand at a place of a Ruby program: `"a"`, `'a'.freeze`, `%q<a>`, `["a", "b"]`, `%w[a b]`, several with commas between them. They are read
 * and nothing is run, so a string with an expression in it (`#{…}`) is given as it stands. Reading ends at the first thing that is something else.
 */
export function rubyStrings(program: string, start: number): string[] {
  const text = program.slice(start, start + maxLength);
  const strings: string[] = [];
  let at = 0;
  let depth = 0;
  while (strings.length < maxStrings) {
    at = afterSpace(text, at);
    const letter = text[at];
    if (letter === '[') depth++;
    else if (letter === ']' && depth > 0) depth--;
    else if (letter !== ',' || strings.length === 0) {
      const literal = literalAt(text, at);
      if (literal === undefined) break;
      strings.push(...literal.strings);
      at = literal.end;
      const next = afterSpace(text, at);
      if (text[next] !== ',' && (depth === 0 || text[next] !== ']')) break;
      continue;
    }
    at++;
  }
  return strings;
}

/** A list may go on in the next line. */
function afterSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  return at;
}

function literalAt(text: string, at: number): { strings: string[]; end: number } | undefined {
  const percent = /^%([qQwW]?)([<([{|/!])/.exec(text.slice(at, at + 3));
  const quote = percent === null ? text[at] : percent[2]!;
  if (percent === null && quote !== '"' && quote !== "'") return undefined;
  const open = at + (percent === null ? 1 : percent[0].length);
  const close = closing.get(quote!) ?? quote!;
  const end = endOf(text, open, close === quote ? undefined : quote, close);
  if (end === undefined) return undefined;
  const isRaw = quote === "'" || /[qw]/.test(percent?.[1] ?? '');
  const content = isRaw
    ? text.slice(open, end).replace(/\\([\\'])/g, '$1')
    : unescaped(text.slice(open, end));
  const isList = /w/i.test(percent?.[1] ?? '');
  const strings = isList ? content.split(/\s+/).filter((word) => word !== '') : [content];
  return { strings, end: end + 1 + (text.startsWith('.freeze', end + 1) ? '.freeze'.length : 0) };
}

function endOf(text: string, start: number, open: string | undefined, close: string): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === open) depth++;
    else if (text[at] === close && depth-- === 0) return at;
  }
  return undefined;
}

const controls: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['s', ' '],
]);

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\}|([\s\S]))/g,
    (whole, four: string | undefined, more: string | undefined, letter: string) => {
      const code = four ?? more;
      if (code === undefined) return controls.get(letter) ?? letter;
      const point = Number.parseInt(code, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
