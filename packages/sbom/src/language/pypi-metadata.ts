import type { Buffer } from 'node:buffer';
import { identifier, shortText } from './json-text.ts';

/** What a METADATA or PKG-INFO file says (packaging.python.org, core metadata). */
export type PypiMetadata = {
  /** As its author spells it; from the folder when the file does not say. */
  readonly name: string;
  readonly version?: string | undefined;
  readonly licenses: readonly string[];
  readonly description?: string | undefined;
  readonly homepage?: string | undefined;
  readonly author?: string | undefined;
  /** Names as `normalizedName` has them, of what is needed without extras. */
  readonly requires: readonly string[];
};

/** One spelling for each project (PEP 503): lower case, one dash for each run of dashes, dots and underscores. */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** `folder` is the name of the .dist-info or .egg-info that the file stands in. */
export function readMetadata(content: Buffer, folder: string): PypiMetadata | undefined {
  const headers = parseHeaders(content.toString('utf8'));
  const first = (name: string): string | undefined => known(headers.get(name)?.[0]);
  const told = /^([A-Za-z0-9][\w.]*)-(\d[^-]*)(?:-py[\d.]+.*)?\.(?:dist|egg)-info$/.exec(folder);
  const name = identifier(first('name')) ?? told?.[1];
  if (name === undefined || !/^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/.test(name)) return undefined;
  return {
    name,
    version: identifier(first('version')) ?? told?.[2],
    licenses: licensesOf(headers),
    description: shortText(first('summary')),
    homepage: shortText(first('home-page')) ?? projectUrl(headers.get('project-url') ?? []),
    author:
      person(first('author'), first('author-email')) ??
      person(first('maintainer'), first('maintainer-email')),
    requires: requiresOf(headers.get('requires-dist') ?? []),
  };
}

/** Fields with their values, names in lower case, up to the first empty line: what follows it is a text for people. */
function parseHeaders(text: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  let values: string[] | undefined;
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '');
    at = end < 0 ? text.length : end + 1;
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      if (values !== undefined) values.push(`${values.pop()}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    values = /^[a-z][a-z-]{0,40}$/.test(name) ? (headers.get(name) ?? []) : undefined;
    if (values === undefined) continue;
    headers.set(name, values);
    if (values.length < 5000) values.push(line.slice(colon + 1).trim());
  }
  return headers;
}

/** setuptools writes UNKNOWN for what nobody told it. */
function known(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === 'UNKNOWN' ? undefined : value;
}

/** The expression of PEP 639; else the License field, unless it holds the licence itself; else what the classifiers say. */
function licensesOf(headers: ReadonlyMap<string, readonly string[]>): string[] {
  const expression = shortText(known(headers.get('license-expression')?.[0]));
  if (expression !== undefined) return [expression];
  const license = known(headers.get('license')?.[0]);
  if (license !== undefined && license.length <= 200 && !license.includes('\n')) return [license];
  return (headers.get('classifier') ?? [])
    .filter((classifier) => /^License ::/.test(classifier))
    .map((classifier) => classifier.slice(classifier.lastIndexOf('::') + 2).trim())
    .filter((name) => name !== '' && name !== 'OSI Approved' && name.length <= 200)
    .slice(0, 50);
}

function projectUrl(urls: readonly string[]): string | undefined {
  const home = urls.find((url) => /^home[ -]?page\s*,/i.test(url));
  return shortText(home?.slice(home.indexOf(',') + 1));
}

function person(name: string | undefined, email: string | undefined): string | undefined {
  // The address may have the name in it: `Ada <ada@example.com>`.
  if (name === undefined || email === undefined || email.includes('<')) return shortText(email ?? name, 200);
  return shortText(`${name} <${email}>`, 200);
}

function requiresOf(requirements: readonly string[]): string[] {
  const names = new Set<string>();
  for (const requirement of requirements) {
    const name = /^[A-Za-z0-9][\w.-]*/.exec(requirement)?.[0];
    const marker = requirement.slice(requirement.indexOf(';') + 1);
    // What is needed by an extra may be there for another reason; nothing tells which extras were asked for.
    if (name === undefined || (marker !== requirement && /\bextra\b/.test(marker))) continue;
    names.add(normalizedName(name));
  }
  return [...names];
}
