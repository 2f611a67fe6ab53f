import { Credential } from '../credential.ts';
import { RegistryError } from '../errors.ts';

/** One entry of `auths`, as docker and podman write it. */
export interface AuthEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
}

/** What is read of docker's `config.json` and podman's `auth.json`. */
export interface AuthFile {
  readonly auths?: Readonly<Record<string, AuthEntry | null>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** What docker calls Docker Hub in its files and to its helpers. */
export const dockerHubKey = 'https://index.docker.io/v1/';

const dockerHubNames: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** @throws {RegistryError} `ERR_LADING_CREDENTIALS` when the text is no JSON object; the message has nothing of its content. */
export function parseAuthFile(text: string, name: string): AuthFile {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and the text holds secrets.
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new RegistryError('ERR_LADING_CREDENTIALS', `${name} is not a JSON object`, {
      hint: 'repair or remove it',
    });
  }
  return document as AuthFile;
}

/** The host that a key stands for, with the path of a path-scoped one: `https://ghcr.io/v2/` is `ghcr.io`, `quay.io/org` stays. */
export function normalizeKey(key: string): string {
  const bare = key
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  const slash = bare.indexOf('/');
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  return `${dockerHubNames.has(host) ? 'docker.io' : host}${slash < 0 ? '' : bare.slice(slash)}`;
}

/** The entry whose key fits a repository best: the longest path, then the host alone. */
export function bestMatch<T>(
  table: Readonly<Record<string, T>> | undefined,
  host: string,
  repository: string | undefined,
): { readonly key: string; readonly value: T } | undefined {
  const keys = new Map(Object.keys(table ?? {}).map((key) => [normalizeKey(key), key]));
  const parts = repository?.split('/') ?? [];
  for (let count = parts.length; count >= 0; count--) {
    const key = keys.get([host, ...parts.slice(0, count)].join('/'));
    if (key !== undefined) return { key, value: table![key]! };
  }
  return undefined;
}

/** The credential in an entry; nothing when it has no secret, as where a helper keeps it. */
export function entryCredential(entry: AuthEntry | null, source: string): Credential | undefined {
  if (entry === null || typeof entry !== 'object') return undefined;
  const pair = typeof entry.auth === 'string' ? Buffer.from(entry.auth, 'base64').toString('utf8') : '';
  const colon = pair.indexOf(':');
  const username = text(entry.username) ?? (colon < 0 ? '' : pair.slice(0, colon));
  const password = text(entry.password) ?? (colon < 0 ? undefined : text(pair.slice(colon + 1)));
  const identityToken = text(entry.identitytoken);
  const registryToken = text(entry.registrytoken);
  if (registryToken !== undefined) return new Credential('registry-token', username, registryToken, source);
  if (identityToken !== undefined) {
    return new Credential('identity-token', username === '<token>' ? '' : username, identityToken, source);
  }
  return password === undefined ? undefined : passwordCredential(username, password, source);
}

/** The user `<token>` marks a secret as an identity token. */
export function passwordCredential(username: string, password: string, source: string): Credential {
  return username === '<token>'
    ? new Credential('identity-token', '', password, source)
    : new Credential('password', username, password, source);
}

function text(value: unknown): string | undefined {
  // Some writers end the secret in a NUL or a line break.
  const trimmed = typeof value === 'string' ? value.replace(/[\0\r\n]+$/, '') : '';
  return trimmed === '' ? undefined : trimmed;
}
