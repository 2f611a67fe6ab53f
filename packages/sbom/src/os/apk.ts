import { Buffer } from 'node:buffer';
import type { Cataloguer, ImageTree } from '../cataloguer.ts';
import { databaseFile, isForeign, isUnreadable, rootPattern } from './database-file.ts';
import type { InstalledPackage, PackageDatabase } from './installed-package.ts';
import { type PathJoiner, pathJoiner } from './paths.ts';
import { catalogueSystemPackages } from './system-packages.ts';

const name = 'apk';
const place = 'lib/apk/db/installed';
const pattern: RegExp = rootPattern(`(?:usr/)?${place}`);

/** Packages of Alpine, Wolfi and Chainguard (apk-tools, the installed database of version 2). */
export const apk: Cataloguer = {
  name,
  version: 1,
  probe(file) {
    if (!file.path.endsWith(place) || !pattern.test(file.path)) return undefined;
    return databaseFile(file, (content) => {
      const text = content.toString('utf8');
      return isForeign(text, /^P:/m) ? undefined : { packages: parseApkDatabase(text) };
    });
  },
  catalogue: (tree, context) =>
    catalogueSystemPackages(
      { cataloguer: name, type: 'apk', namespace: (os) => os?.id ?? 'alpine', databases },
      tree,
      context,
    ),
};

function databases(tree: ImageTree): PackageDatabase[] {
  return tree.files(name).flatMap(({ path, facts, layer }) => {
    const root = pattern.exec(path)?.[1];
    if (root === undefined) return [];
    const state = String(layer);
    if (isUnreadable(facts)) return [{ root, path, state, packages: [], problem: facts.unreadable }];
    const { packages } = facts as unknown as { readonly packages: readonly InstalledPackage[] };
    return [{ root, path, state, packages }];
  });
}

/** One stanza for each package, with an empty line between them; `K:value` lines, in which `F:` begins a folder and `R:` a file in it. */
export function parseApkDatabase(text: string): InstalledPackage[] {
  const join = pathJoiner();
  return text.split(/\r?\n(?:\r?\n)+/).flatMap((stanza) => {
    const found = parseStanza(stanza, join);
    return found === undefined ? [] : [found];
  });
}

function parseStanza(stanza: string, join: PathJoiner): InstalledPackage | undefined {
  const fields = new Map<string, string>();
  const files: string[] = [];
  let folder = '';
  for (const line of stanza.split(/\r?\n/)) {
    if (line[1] !== ':') continue;
    const value = line.slice(2);
    if (line[0] === 'F') folder = value === '' ? '' : `${value}/`;
    else if (line[0] === 'R') {
      const path = join(folder, value);
      if (path !== undefined) files.push(path);
    } else if (value !== '') fields.set(line[0]!, value);
  }
  const packageName = fields.get('P');
  // `apk add --virtual .build-deps` makes a package of nothing but needs.
  if (packageName === undefined || packageName.startsWith('.')) return undefined;
  const version = fields.get('V');
  const origin = fields.get('o') ?? packageName;
  const checksum = sha1Of(fields.get('C'));
  const license = fields.get('L');
  return {
    name: packageName,
    version,
    arch: fields.get('A'),
    ...(license !== undefined && { licenses: [license] }),
    description: fields.get('T'),
    homepage: fields.get('U'),
    supplier: fields.get('m'),
    source: { name: origin, version },
    ...(origin !== packageName && { upstream: origin }),
    ...(checksum !== undefined && { hashes: [{ algorithm: 'SHA-1', value: checksum }] }),
    needs: items(fields.get('D'))
      .filter((item) => !item.startsWith('!'))
      .map((item) => [withoutVersion(item)]),
    provides: items(fields.get('p')).map(withoutVersion),
    files,
  };
}

function items(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter(Boolean);
}

/** `so:libssl.so.3=3.1.4`, `musl>=1.2`, `foo~1.2`, `foo@edge` without what comes behind the name. */
function withoutVersion(item: string): string {
  return item.split(/[<>=~@]/, 1)[0] ?? item;
}

/** `Q1` and the SHA-1 in base64, of the part of the package that describes it. */
function sha1Of(checksum: string | undefined): string | undefined {
  if (checksum?.startsWith('Q1') !== true) return undefined;
  const bytes = Buffer.from(checksum.slice(2), 'base64');
  return bytes.length === 20 ? bytes.toString('hex') : undefined;
}
