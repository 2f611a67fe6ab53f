import type { Buffer } from 'node:buffer';
import { rubyStrings } from './gem-ruby.ts';
import { shortText } from './json-text.ts';

/** What a .gemspec says that RubyGems put beside an installed gem. */
export type GemSpec = {
  readonly name: string;
  readonly version: string;
  /** Nothing for gems of Ruby alone. */
  readonly platform?: string | undefined;
  readonly licenses: readonly string[];
  readonly authors: readonly string[];
  readonly homepage?: string | undefined;
  readonly summary?: string | undefined;
  /** What it needs to run: a name, and what its version has to be. */
  readonly requires: readonly (readonly [name: string, ...requirements: string[]])[];
};

const maxDependencies = 500;

/** A .gemspec is a Ruby program. What it sets to plain strings is read; it is never run. `stem` is the name of the file: `NAME-VERSION[-PLATFORM]`. */
export function readGemSpec(content: Buffer, stem: string): GemSpec | undefined {
  const text = content.toString('utf8');
  const fields = assignments(text);
  // RubyGems' own short form of what it needs to know of a gem, so that it does not have to run the file, either.
  const stub = /^# stub: (\S+) (\S+) (\S+)/m.exec(text.slice(0, 1000));
  const file = /^(.+?)-(\d[^-]*)(?:-(.+))?$/.exec(stem);
  const name = gemName(fields.get('name')?.[0]) ?? gemName(stub?.[1]) ?? gemName(file?.[1]);
  const version = gemVersion(fields.get('version')?.[0]) ?? gemVersion(stub?.[2]) ?? gemVersion(file?.[2]);
  if (name === undefined || version === undefined) return undefined;
  const known = (field: string): string[] =>
    (fields.get(field) ?? []).flatMap((value) => shortText(filledIn(value, name, version)) ?? []);
  return {
    name,
    version,
    platform: platformOf(stem, name, version, stub?.[3] ?? fields.get('platform')?.[0]),
    licenses: [...known('licenses'), ...known('license')].slice(0, 50),
    authors: [...known('authors'), ...known('author')].slice(0, 50),
    homepage: known('homepage')[0],
    summary: known('summary')[0] ?? known('description')[0],
    requires: requirementsOf(text),
  };
}

/** The strings that are assigned to each field. The first assignment holds: what a file that RubyGems wrote has behind it stands in texts. */
function assignments(text: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const match of text.matchAll(
    /^[ \t]*\w{1,40}\.(name|version|platform|licenses?|authors?|homepage|summary|description)[ \t]*=[ \t]*(?:Gem::Version\.(?:new|create)[ (]+)?/gm,
  )) {
    const field = match[1]!;
    if (fields.has(field)) continue;
    const strings = rubyStrings(text, match.index + match[0].length);
    if (strings.length > 0) fields.set(field, strings);
  }
  return fields;
}

function gemName(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= 256 && /^[\w.-]+$/.test(text) && /[A-Za-z]/.test(text)
    ? text
    : undefined;
}

function gemVersion(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= 256 && /^\d[\w.-]*$/.test(text) ? text : undefined;
}

/** Authors build texts from the gem's name and version; what else they compute is not known. */
function filledIn(text: string, name: string, version: string): string | undefined {
  if (!text.includes('#{')) return text;
  const filled = text
    .slice(0, 10_000)
    .replace(/#\{\s*(?:\w{1,40}\.)?(name|version)\s*\}/g, (_, field) => (field === 'name' ? name : version));
  return filled.includes('#{') ? undefined : filled;
}

function platformOf(
  stem: string,
  name: string,
  version: string,
  told: string | undefined,
): string | undefined {
  const suffix = stem.startsWith(`${name}-${version}-`) ? stem.slice(name.length + version.length + 2) : told;
  return suffix !== undefined && suffix !== 'ruby' && /^[\w.-]{1,100}$/.test(suffix) ? suffix : undefined;
}

/**
 * RubyGems writes all dependencies a second time, for its versions of 2006, where those for development look like all others. Files that tell
 * them apart are believed where they do.
 */
function requirementsOf(text: string): [string, ...string[]][] {
  const found: { readonly kind: string; readonly strings: string[] }[] = [];
  for (const match of text.matchAll(/^[ \t]*\w{1,40}\.add_(runtime_|development_|)dependency[ \t(]+/gm)) {
    if (found.length === maxDependencies) break;
    found.push({ kind: match[1]!, strings: rubyStrings(text, match.index + match[0].length) });
  }
  const development = new Set(
    found.filter(({ kind }) => kind === 'development_').map(({ strings }) => strings[0]),
  );
  const isOfKind = found.some(({ kind }) => kind === 'runtime_')
    ? (kind: string) => kind === 'runtime_'
    : (kind: string) => kind === '';
  const requires = new Map<string, [string, ...string[]]>();
  for (const { kind, strings } of found) {
    const name = gemName(strings[0]);
    if (name === undefined || !isOfKind(kind) || (kind === '' && development.has(name))) continue;
    const versions = strings
      .slice(1, 20)
      .filter((one) => /^\s*(?:[!<>~]?=?|~>|[<>])\s*\d[\w.-]{0,100}\s*$/.test(one));
    if (!requires.has(name)) requires.set(name, [name, ...versions]);
  }
  return [...requires.values()];
}
