import type { Buffer } from 'node:buffer';

/** Entries of a properties file (java.util.Properties, load): `key=value`, `key: value`, comments, escapes, lines that go on behind a backslash. The last of a key holds. */
export function readProperties(content: Buffer): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of logicalLines(content.toString('latin1'))) {
    const key = /^(?:\\.|[^\\=:\s])*/s.exec(line)?.[0] ?? '';
    const rest = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
    if (key !== '') entries.set(unescaped(key), unescaped(rest));
  }
  return entries;
}

function* logicalLines(text: string): Generator<string> {
  let parts: string[] = [];
  for (const natural of text.split(/\r\n?|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (parts.length === 0 && /^(?:[#!]|$)/.test(line)) continue;
    if (goesOn(line)) parts.push(line.slice(0, -1));
    else {
      yield parts.join('') + line;
      parts = [];
    }
  }
  if (parts.length > 0) yield parts.join('');
}

/** Two backslashes at the end are one of the text. */
function goesOn(line: string): boolean {
  let at = line.length;
  while (line[at - 1] === '\\') at--;
  return (line.length - at) % 2 === 1;
}

const controls: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
]);

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_, code: string | undefined, other: string) =>
    code === undefined ? (controls.get(other) ?? other) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
