import { compare } from '../compare.ts';
/** A package URL, taken apart (ECMA-427, package-url/purl-spec 1.0). Values are as they are, not percent-encoded. */
export interface Purl {
  readonly type: string;
  /** With slashes between its segments. */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  /** Keys in lower case. */
  readonly qualifiers?: ReadonlyMap<string, string> | undefined;
  readonly subpath?: string | undefined;
}

/** What a type asks of its parts (purl-spec, types/*.json). A type that is not here has its parts left as they are. */
interface TypeRules {
  readonly namespace?: 'required' | 'prohibited';
  readonly version?: 'required';
  /** Parts that are written in lower case. */
  readonly lower?: readonly ('namespace' | 'name' | 'version')[];
}

const both = ['namespace', 'name'] as const;
const rules: ReadonlyMap<string, TypeRules> = new Map<string, TypeRules>([
  ['alpm', { namespace: 'required', lower: both }],
  ['apk', { namespace: 'required', lower: both }],
  ['bazel', { namespace: 'prohibited' }],
  ['bitbucket', { namespace: 'required', lower: both }],
  ['bitnami', { namespace: 'prohibited', lower: ['name'] }],
  ['cargo', { namespace: 'prohibited' }],
  ['chrome-extension', { namespace: 'prohibited' }],
  ['cocoapods', { namespace: 'prohibited' }],
  ['composer', { namespace: 'required', lower: both }],
  ['conda', { namespace: 'prohibited' }],
  ['cran', { namespace: 'prohibited', version: 'required' }],
  ['deb', { namespace: 'required', lower: both }],
  ['gem', { namespace: 'prohibited' }],
  ['github', { namespace: 'required', lower: both }],
  ['golang', { lower: both }],
  ['hackage', { namespace: 'prohibited' }],
  ['hex', { lower: both }],
  ['julia', { namespace: 'prohibited' }],
  ['luarocks', { lower: ['name'] }],
  ['maven', { namespace: 'required' }],
  ['nuget', { namespace: 'prohibited' }],
  ['oci', { namespace: 'prohibited', lower: ['name'] }],
  ['opam', { namespace: 'prohibited' }],
  ['otp', { namespace: 'prohibited', lower: ['name'] }],
  ['pub', { namespace: 'prohibited', lower: ['name'] }],
  ['pypi', { namespace: 'prohibited', lower: ['name'] }],
  ['qpkg', { namespace: 'required', lower: ['namespace'] }],
  ['rpm', { namespace: 'required', lower: ['namespace'] }],
  ['swift', { namespace: 'required' }],
  ['vcpkg', { namespace: 'prohibited' }],
  ['vscode-extension', { namespace: 'required', lower: ['namespace', 'name', 'version'] }],
]);

/**
 * Writes a package URL in its canonical form: parts lower-cased as the type asks, qualifiers sorted, all but unreserved
 * characters and colons percent-encoded (purl-spec, PURL-SPECIFICATION). Nothing for what cannot be one: no name, a type that is none,
 * a namespace missing or in the way.
 */
export function encodePurl(purl: Purl): string | undefined {
  const canonical = canonicalPurl(purl);
  if (canonical === undefined) return undefined;
  const { type, namespace, name, version, qualifiers, subpath } = canonical;
  const query = [...(qualifiers ?? [])].map(([key, value]) => `${key}=${encode(value)}`).join('&');
  return `pkg:${type}/${
    namespace === undefined ? '' : `${namespace.split('/').map(encode).join('/')}/`
  }${encode(name)}${version === undefined ? '' : `@${encode(version)}`}${
    query === '' ? '' : `?${query}`
  }${subpath === undefined ? '' : `#${subpath.split('/').map(encode).join('/')}`}`;
}

/** Reads a package URL, canonical or not, into the canonical parts; nothing when it is none. Never throws. */
export function parsePurl(text: string): Purl | undefined {
  // Far more than a package needs; longer ones are somebody's joke.
  if (text.length > 8_192) return undefined;
  const scheme = /^pkg:\/*/i.exec(text);
  if (!scheme) return undefined;
  try {
    return parseRest(text.slice(scheme[0].length));
  } catch {
    // A per cent sign that encodes nothing.
    return undefined;
  }
}

function parseRest(text: string): Purl | undefined {
  let rest = text;
  const hash = rest.indexOf('#');
  const subpath = hash < 0 ? undefined : segments(rest.slice(hash + 1)).join('/');
  if (hash >= 0) rest = rest.slice(0, hash);

  const question = rest.indexOf('?');
  const qualifiers = new Map<string, string>();
  if (question >= 0) {
    for (const pair of rest.slice(question + 1).split('&')) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      const key = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
      if (qualifiers.has(key)) return undefined;
      qualifiers.set(key, equals < 0 ? '' : decodeURIComponent(pair.slice(equals + 1)));
    }
    rest = rest.slice(0, question);
  }

  const slash = rest.indexOf('/');
  if (slash < 0) return undefined;
  const type = rest.slice(0, slash);
  rest = rest.slice(slash + 1);
  // The version's @ comes after the last slash: an npm scope that was not encoded stands in front of one.
  const at = rest.lastIndexOf('@');
  let version: string | undefined;
  if (at >= 0 && at > rest.lastIndexOf('/')) {
    version = decodeURIComponent(rest.slice(at + 1));
    rest = rest.slice(0, at);
    if (rest === '' || rest.endsWith('/')) return undefined;
  }
  const path = rest.split('/').filter((segment) => segment !== '');
  const name = decodeURIComponent(path.pop() ?? '');
  const namespace = path.map((segment) => decodeURIComponent(segment)).join('/');
  return canonicalPurl({ type, namespace, name, version, qualifiers, subpath });
}

/** The parts as their type wants them. */
function canonicalPurl(purl: Purl): Purl | undefined {
  const type = purl.type.toLowerCase();
  if (!/^[a-z][a-z0-9.-]*$/.test(type)) return undefined;
  const rule = rules.get(type) ?? {};
  const lower = (part: 'namespace' | 'name' | 'version', value: string): string =>
    rule.lower?.includes(part) ? value.toLowerCase() : value;

  const namespace = lower(
    'namespace',
    (purl.namespace ?? '')
      .split('/')
      .filter((segment) => segment !== '')
      .join('/'),
  );
  let name = lower('name', purl.name.replace(/^\/+|\/+$/g, ''));
  if (type === 'pypi') name = name.replaceAll('_', '-');
  const version = lower('version', purl.version ?? '');
  const subpath = segments(purl.subpath ?? '', false).join('/');
  if (name === '') return undefined;
  if (rule.namespace === 'required' && namespace === '') return undefined;
  if (rule.namespace === 'prohibited' && namespace !== '') return undefined;
  if (rule.version === 'required' && version === '') return undefined;

  const qualifiers = new Map<string, string>();
  const sorted = [...(purl.qualifiers ?? [])]
    .map(([key, value]): [string, string] => [key.toLowerCase(), value])
    .sort(([a], [b]) => compare(a, b));
  for (const [key, value] of sorted) {
    if (!/^[a-z._-][a-z0-9._-]*$/.test(key)) return undefined;
    if (value !== '') qualifiers.set(key, value);
  }
  return {
    type,
    ...(namespace !== '' && { namespace }),
    name,
    ...(version !== '' && { version }),
    ...(qualifiers.size > 0 && { qualifiers }),
    ...(subpath !== '' && { subpath }),
  };
}

function segments(text: string, isEncoded = true): string[] {
  return text
    .split('/')
    .map((segment) => (isEncoded ? decodeURIComponent(segment) : segment))
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/** Half a surrogate pair has no bytes to encode. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
