import type { OperatingSystem } from '../bom.ts';
import type { Cataloguer, ImageTree } from '../cataloguer.ts';
import { wholeFile } from '../whole-file.ts';

const name = 'os-release';

/** Bytes. Real ones have less than 1 KiB. */
const maxBytes = 4 * 1024 * 1024;

/** Characters of one value. */
const maxValueLength = 1024;

const fields = ['ID', 'ID_LIKE', 'VERSION_ID', 'NAME', 'PRETTY_NAME', 'CPE_NAME', 'HOME_URL'] as const;
type Field = (typeof fields)[number];

type Facts =
  | { readonly release: { readonly [Key in Field]?: string } }
  /** The first line of a file that has one. */
  | { readonly line: string };

const releasePaths = ['etc/os-release', 'usr/lib/os-release'] as const;
const linePaths = ['etc/debian_version', 'etc/redhat-release', 'etc/system-release-cpe'] as const;

/** Reads what says which distribution it is. It makes no packages; `operatingSystemOf` tells what it found. */
export const osRelease: Cataloguer = {
  name,
  version: 1,
  probe({ path }) {
    if (releasePaths.some((place) => isPlace(path, place))) {
      return wholeFile(maxBytes, (content) => ({ release: parseOsRelease(content.toString('utf8')) }));
    }
    if (linePaths.some((place) => isPlace(path, place))) {
      return wholeFile(maxBytes, (content) => {
        const line = content.toString('utf8').split(/\r?\n/, 1)[0]?.trim() ?? '';
        return line === '' ? undefined : { line: line.slice(0, maxValueLength) };
      });
    }
    return undefined;
  },
  catalogue: () => ({ packages: [] }),
};

function isPlace(path: string, place: string): boolean {
  return path.endsWith(place) && (path.length === place.length || path.at(-place.length - 1) === '/');
}

/** The fields of os-release(5) that are used, without those that are empty. As in a shell, the last of two wins. */
export function parseOsRelease(text: string): { readonly [Key in Field]?: string } {
  const found = new Map<Field, string>();
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    const field = fields.find((known) => known === match?.[1]);
    if (field === undefined || match?.[2] === undefined) continue;
    found.set(field, unquoted(match[2].trim()).slice(0, maxValueLength));
  }
  return Object.fromEntries([...found].filter(([, value]) => value !== ''));
}

/** Quotes as in a shell: nothing is special in single ones; a backslash takes the meaning from `"`, `$`, `` ` `` and itself in double ones. */
function unquoted(value: string): string {
  const quote = value[0];
  if (quote === "'") return value.slice(1, end(value.indexOf("'", 1), value));
  if (quote === '"') {
    const inner = /^"((?:[^"\\]|\\.)*)/.exec(value)?.[1] ?? '';
    return inner.replace(/\\(["$`\\])/g, '$1');
  }
  return (value.split(/\s/, 1)[0] ?? '').replace(/\\(.)/g, '$1');
}

function end(index: number, value: string): number {
  return index === -1 ? value.length : index;
}

/**
 * The operating system of an image, or of the system inside of it that has `root` (with a slash behind).
 * `etc/os-release` counts before `usr/lib/os-release`, as os-release(5) has it; older systems have other files.
 */
export function operatingSystemOf(tree: ImageTree, root = ''): OperatingSystem | undefined {
  const factsAt = (path: string): Facts | undefined => {
    const place = tree.resolve(`${root}${path}`);
    if (place === undefined) return undefined;
    const file = tree.files(name).find((one) => one.path === place);
    return file?.facts as Facts | undefined;
  };
  const lineAt = (path: (typeof linePaths)[number]): string | undefined => {
    const facts = factsAt(path);
    return facts !== undefined && 'line' in facts ? facts.line : undefined;
  };
  for (const path of releasePaths) {
    const facts = factsAt(path);
    if (facts === undefined || !('release' in facts) || Object.keys(facts.release).length === 0) continue;
    const os = fromRelease(facts.release);
    if (os.id !== 'debian' || os.versionId !== undefined) return os;
    return { ...os, versionId: numberOf(lineAt('etc/debian_version')) };
  }
  return (
    fromCpe(lineAt('etc/system-release-cpe')) ??
    fromRedHat(lineAt('etc/redhat-release')) ??
    fromDebian(lineAt('etc/debian_version'))
  );
}

function fromRelease(release: { readonly [Key in Field]?: string }): OperatingSystem {
  const idLike = release.ID_LIKE?.toLowerCase().split(/\s+/).filter(Boolean);
  return {
    // What os-release(5) says of one without.
    id: release.ID?.toLowerCase() ?? 'linux',
    versionId: release.VERSION_ID,
    name: release.NAME,
    prettyName: release.PRETTY_NAME,
    idLike,
    cpe: release.CPE_NAME,
    homepage: release.HOME_URL,
  };
}

/** `cpe:/o:redhat:enterprise_linux:6server:ga:server`, `cpe:2.3:o:amazon:amazon_linux:2`. */
function fromCpe(cpe: string | undefined): OperatingSystem | undefined {
  const match = /^cpe:(?:\/|2\.3:)o:([^:]+):([^:]+):([^:]+)/i.exec(cpe ?? '');
  if (cpe === undefined || match === null) return undefined;
  const [, vendor = '', product = '', version = ''] = match;
  const ids: ReadonlyMap<string, string> = new Map([
    ['redhat:enterprise_linux', 'rhel'],
    ['amazon:amazon_linux', 'amzn'],
    ['amazon:linux', 'amzn'],
    ['fedoraproject:fedora', 'fedora'],
    ['oracle:linux', 'ol'],
    ['oracle:oracle_linux', 'ol'],
  ]);
  const id = ids.get(`${vendor}:${product}`.toLowerCase()) ?? vendor.toLowerCase();
  return { id, versionId: numberOf(version), cpe };
}

/** `CentOS release 6.10 (Final)`, `Red Hat Enterprise Linux Server release 6.10 (Santiago)`. */
function fromRedHat(line: string | undefined): OperatingSystem | undefined {
  const match = /^(.+?) release (\d[\d.]*)/i.exec(line ?? '');
  if (line === undefined || match === null) return undefined;
  const [, title = '', version] = match;
  const first = title.toLowerCase().split(' ')[0] ?? '';
  const ids: ReadonlyMap<string, string> = new Map([
    ['red', 'rhel'],
    ['oracle', 'ol'],
    ['amazon', 'amzn'],
  ]);
  return { id: ids.get(first) ?? first, versionId: version, name: title, prettyName: line };
}

function fromDebian(line: string | undefined): OperatingSystem | undefined {
  if (line === undefined) return undefined;
  return { id: 'debian', versionId: numberOf(line), name: 'Debian GNU/Linux' };
}

/** `12.5` of `12.5`, nothing of `trixie/sid`. */
function numberOf(text: string | undefined): string | undefined {
  return /^\d+(?:\.\d+)*/.exec(text ?? '')?.[0];
}
