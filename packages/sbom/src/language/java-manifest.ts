import { Buffer } from 'node:buffer';
import { shortText } from './json-text.ts';

/** The attributes of a META-INF/MANIFEST.MF that tell what an archive is. */
const wanted = [
  'Automatic-Module-Name',
  'Bundle-Description',
  'Bundle-DocURL',
  'Bundle-License',
  'Bundle-Name',
  'Bundle-SymbolicName',
  'Bundle-Vendor',
  'Bundle-Version',
  'Extension-Name',
  'Group-Id',
  'Implementation-Title',
  'Implementation-Vendor',
  'Implementation-Vendor-Id',
  'Implementation-Version',
  'Plugin-License-Name',
  'Plugin-Version',
  'Short-Name',
  'Specification-Title',
  'Specification-Vendor',
  'Specification-Version',
  'Weave-Classes',
] as const;

export type ManifestName = (typeof wanted)[number];
export type JavaManifest = { readonly [Name in ManifestName]?: string };

const wantedByLowerCase: ReadonlyMap<string, ManifestName> = new Map(
  wanted.map((name) => [name.toLowerCase(), name]),
);

/**
 * The main section of a manifest (Java's JAR file specification): up to the first empty line. What the sections below tell of single entries is not told
 * of the archive. Lines are broken after 72 bytes, be that within a character, and go on behind a space.
 */
export function readManifest(content: Buffer): JavaManifest {
  const found: { [Name in ManifestName]?: string } = {};
  const take = (line: string): void => {
    const colon = line.indexOf(':');
    const name = wantedByLowerCase.get(line.slice(0, Math.max(colon, 0)).trim().toLowerCase());
    if (name === undefined || found[name] !== undefined) return;
    const value = shortText(Buffer.from(line.slice(colon + 1), 'latin1').toString('utf8'));
    if (value !== undefined) found[name] = value;
  };
  let parts: string[] = [];
  for (const line of linesOf(content)) {
    if (line === '') break;
    if (line.startsWith(' ')) parts.push(line.slice(1));
    else {
      take(parts.join(''));
      parts = [line];
    }
  }
  take(parts.join(''));
  return found;
}

function* linesOf(content: Buffer): Generator<string> {
  // A byte order mark does not belong there, and is there.
  for (let at = content[0] === 0xef ? 3 : 0; at < content.length; ) {
    let end = at;
    while (end < content.length && content[end] !== 10 && content[end] !== 13) end++;
    yield content.toString('latin1', at, end);
    at = end + (content[end] === 13 && content[end + 1] === 10 ? 2 : 1);
  }
}
