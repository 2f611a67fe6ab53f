/** Elements in elements. A pom has 8. */
const maxDepth = 64;

/**
 * Tells of each element of an XML document that has text: the names from the root to it, and the text that it has directly. Not a validating reader: what is
 * wrongly nested is taken as it comes, only the five entities of XML and characters by number are known, and a DTD is passed over, so that nothing expands or is
 * fetched. `leave` is called at the end of each element, with the names from the root to it.
 */
export function readXml(
  xml: string,
  text: (path: readonly string[], text: string) => void,
  leave: (path: readonly string[]) => void,
): void {
  const path: string[] = [];
  const texts: string[] = [];
  for (let at = 0; at < xml.length; ) {
    const open = xml.indexOf('<', at);
    const until = open < 0 ? xml.length : open;
    if (path.length > 0 && until > at) texts[path.length - 1] += decoded(xml.slice(at, until));
    if (open < 0) return;
    const special = specials.find(([start]) => xml.startsWith(start, open));
    if (special !== undefined) {
      const [start, endMark] = special;
      const end = xml.indexOf(endMark, open + start.length);
      if (end < 0) return;
      if (start === cdata && path.length > 0) texts[path.length - 1] += xml.slice(open + start.length, end);
      at = end + endMark.length;
      continue;
    }
    const end = tagEnd(xml, open);
    if (end < 0) return;
    at = end + 1;
    if (xml[open + 1] === '/') {
      const name = localName(xml.slice(open + 2, end));
      const place = path.lastIndexOf(name);
      // An end of nothing that is open.
      if (place < 0) continue;
      while (path.length > place) {
        const own = texts.pop()!.trim();
        if (own !== '') text(path, own);
        leave(path);
        path.pop();
      }
      continue;
    }
    if (xml[end - 1] === '/') continue;
    if (path.length === maxDepth) return;
    path.push(localName(xml.slice(open + 1, end)));
    texts.push('');
  }
}

const cdata = '<![CDATA[';
const specials = [
  ['<!--', '-->'],
  [cdata, ']]>'],
  ['<?', '?>'],
  // A DTD and its declarations.
  ['<!', '>'],
] as const;

/** A `>` in an attribute's value ends no tag. */
function tagEnd(xml: string, open: number): number {
  let quote: string | undefined;
  for (let at = open + 1; at < xml.length; at++) {
    const letter = xml[at]!;
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '>') return at;
  }
  return -1;
}

/** The name of a tag without its namespace's prefix. */
function localName(tag: string): string {
  const name = /^[^\s/>]*/.exec(tag)?.[0] ?? '';
  return name.slice(name.indexOf(':') + 1);
}

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w{1,8}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
