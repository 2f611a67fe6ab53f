/** Fields of one paragraph, by their names in lower case. Further lines of a field come after line feeds, without the space in front. */
export type Paragraph = ReadonlyMap<string, string>;

/** The paragraphs of a file in the syntax of Debian's control files (deb822(5)). Lines that are none are passed over. */
export function* paragraphsOf(text: string): Generator<Paragraph> {
  let fields = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of linesOf(text)) {
    if (line.trim() === '') {
      if (fields.size > 0) yield joined(fields);
      fields = new Map();
      current = undefined;
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      current?.push(line.slice(1));
    } else if (!line.startsWith('#')) {
      const colon = line.indexOf(':');
      current = undefined;
      if (colon <= 0) continue;
      current = [line.slice(colon + 1).trim()];
      fields.set(line.slice(0, colon).toLowerCase(), current);
    }
  }
  if (fields.size > 0) yield joined(fields);
}

function joined(fields: ReadonlyMap<string, readonly string[]>): Paragraph {
  return new Map([...fields].map(([name, lines]) => [name, lines.join('\n').trim()]));
}

/** One by one, so that a large file is not there twice. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    yield text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    start = end + 1;
  }
}
