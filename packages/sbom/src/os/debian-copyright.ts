import { paragraphsOf } from './control-file.ts';

/** Each declaration once. More are not read: a file that has them says nothing any more. */
const maxDeclarations = 500;

/**
 * The licences that a `copyright` file of a Debian package names: the short names of the machine-readable format (DEP-5), else
 * the texts in `/usr/share/common-licenses` that it refers to.
 */
export function parseDebianCopyright(text: string): string[] {
  const declarations = isMachineReadable(text) ? declared(text) : referred(text);
  return [...new Set(declarations)].slice(0, maxDeclarations);
}

function isMachineReadable(text: string): boolean {
  return /^Format(?:-Specification)?:\s*\S*(?:copyright-format|dep5|dep-5)/im.test(text.slice(0, 4096));
}

function declared(text: string): string[] {
  const files: string[] = [];
  const alone: string[] = [];
  for (const paragraph of paragraphsOf(text)) {
    const name = paragraph.get('license')?.split('\n', 1)[0]?.trim() ?? '';
    if (name === '') continue;
    // A paragraph of its own gives the text of a licence that others refer to. Expressions are told by those who refer.
    if (paragraph.has('files') || paragraph.has('format')) files.push(name);
    else alone.push(name);
  }
  return files.length > 0 ? files : alone;
}

/** `/usr/share/common-licenses/GPL-2`; "any later version", when the words before it say so. */
function referred(text: string): string[] {
  const names: string[] = [];
  let start = 0;
  for (const match of text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9][A-Za-z0-9.+-]*)/g)) {
    const name = match[1]!.replace(/[.+-]+$/, '');
    const before = text.slice(Math.max(start, match.index - 4096), match.index);
    const isLater = /^L?GPL-\d/.test(name) && /any\s{1,40}(?:\W\s{0,40})?later\s{1,40}version/i.test(before);
    names.push(isLater ? `${name}+` : name);
    start = match.index;
  }
  return names;
}
