import type { Paragraph } from './control-file.ts';
import { paragraphsOf } from './control-file.ts';
import type { InstalledPackage } from './installed-package.ts';

/** What is there with all its files. Of `config-files` nothing but configuration is left; other states are those of an installation that failed. */
const installedStates: ReadonlySet<string> = new Set(['installed', 'triggers-awaited', 'triggers-pending']);

/**
 * The packages that a status file of dpkg or opkg tells of, those only that are installed. In `status.d`, where images without a
 * package manager have them, there is no state and each is.
 */
export function parseStatus(text: string, { hasState }: { readonly hasState: boolean }): InstalledPackage[] {
  const packages: InstalledPackage[] = [];
  for (const paragraph of paragraphsOf(text)) {
    const state = paragraph.get('status')?.split(/\s+/)[2];
    if (state === undefined ? hasState : !installedStates.has(state)) continue;
    const found = parsePackage(paragraph);
    if (found !== undefined) packages.push(found);
  }
  return packages;
}

/** One package of a status or control file. */
export function parsePackage(fields: Paragraph): InstalledPackage | undefined {
  const name = fields.get('package');
  if (name === undefined || name === '') return undefined;
  const version = present(fields.get('version'));
  const source = sourceOf(fields.get('source'), name, version);
  const license = present(fields.get('license'));
  return {
    name,
    version,
    arch: present(fields.get('architecture')),
    ...(license !== undefined && { licenses: [license] }),
    description: present(fields.get('description')?.split('\n', 1)[0]),
    homepage: present(fields.get('homepage')),
    supplier: present(fields.get('maintainer')),
    source,
    ...upstreamOf(source, name, version),
    needs: [...needsOf(fields.get('pre-depends')), ...needsOf(fields.get('depends'))],
    provides: needsOf(fields.get('provides')).flat(),
  };
}

/** `glibc (2.36-9)`; without a version it has that of the package, without a field its name too. */
function sourceOf(
  field: string | undefined,
  name: string,
  version: string | undefined,
): { readonly name: string; readonly version?: string | undefined } {
  const match = /^(\S+)(?:\s+\(([^()]+)\))?/.exec(field ?? '');
  return { name: match?.[1] ?? name, version: match?.[2] ?? version };
}

function upstreamOf(
  source: { readonly name: string; readonly version?: string | undefined },
  name: string,
  version: string | undefined,
): { readonly upstream?: string } {
  if (source.version !== version && source.version !== undefined) {
    return { upstream: `${source.name}@${source.version}` };
  }
  return source.name === name ? {} : { upstream: source.name };
}

/** `libc6 (>= 2.34), mawk | awk, python3:any`: names without versions and architectures. */
function needsOf(field: string | undefined): string[][] {
  return (field ?? '').split(',').flatMap((clause) => {
    const names = clause
      .split('|')
      .map((item) => /^[^\s:([<]+/.exec(item.trim())?.[0] ?? '')
      .filter(Boolean);
    return names.length === 0 ? [] : [names];
  });
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Paths of an `info/NAME.list`, without those of folders: a folder is a path that another one lies in. */
export function parseFileList(lines: Iterable<string>): string[] {
  const paths = new Set<string>();
  const folders = new Set<string>();
  for (const line of lines) {
    // opkg has a tab and the mode behind the path.
    const path = line
      .split('\t', 1)[0]!
      .replace(/^\.?\/+/, '')
      .replace(/\/+$/, '');
    if (path === '' || path === '.') continue;
    paths.add(path);
    folders.add(path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
  }
  return [...paths].filter((path) => !folders.has(path));
}
