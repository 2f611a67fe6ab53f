import { readFile } from 'node:fs/promises';
import { Credential, type CredentialProvider, type CredentialQuery } from '../credential.ts';
import { RegistryError } from '../errors.ts';
import {
  type AuthFile,
  bestMatch,
  dockerHubKey,
  entryCredential,
  normalizeKey,
  parseAuthFile,
} from './auth-file.ts';
import { type CredentialPlaces, credentialFiles, type Places, placesOf, shownPath } from './environment.ts';
import { helperGet } from './helper.ts';

/** A user and a password for one registry, as `config.yaml` gives them. */
export interface ExplicitCredential {
  readonly username: string;
  readonly password: string;
}

export interface CredentialOptions extends CredentialPlaces {
  /** By host, or by host and leading part of the path; these come before everything else. */
  readonly registries?: Readonly<Record<string, ExplicitCredential>> | undefined;
  /** Milliseconds that a credential helper has. Default 30 000. */
  readonly helperTimeoutMs?: number | undefined;
}

/** Environment variables that name the credentials of one registry. */
const environmentNames: Readonly<Record<string, (env: Places['env']) => Credential | undefined>> = {
  'ghcr.io': (env) =>
    // GitHub looks at the token alone; the user is for the logs.
    env.GITHUB_TOKEN
      ? new Credential('password', env.GITHUB_ACTOR || 'token', env.GITHUB_TOKEN, 'GITHUB_TOKEN')
      : undefined,
  'quay.io': (env) =>
    env.QUAY_USERNAME && env.QUAY_ROBOT_TOKEN
      ? new Credential('password', env.QUAY_USERNAME, env.QUAY_ROBOT_TOKEN, 'QUAY_ROBOT_TOKEN')
      : undefined,
};

/** Credentials of docker, podman and the environment. What is found first counts:
 * explicit ones, environment names, `DOCKER_AUTH_CONFIG`, `REGISTRY_AUTH_FILE`, docker's file, podman's files. */
export function credentials(options: CredentialOptions = {}): CredentialProvider {
  const places = placesOf(options);
  let files: Promise<readonly NamedFile[]> | undefined;
  const helped = new Map<string, Promise<Credential | undefined>>();

  const askHelper = (name: string, key: string, query: CredentialQuery): Promise<Credential | undefined> => {
    const id = `${name} ${key}`;
    const known = query.fresh === true ? undefined : helped.get(id);
    if (known !== undefined) return known;
    // Shared by all who ask, so it ends by its own limit and not with the first caller.
    const asked = helperGet(name, key, { env: places.env, timeoutMs: options.helperTimeoutMs });
    helped.set(id, asked);
    asked.catch(() => helped.delete(id));
    return asked;
  };

  return async (query) => {
    const { host, repository } = query;
    const explicit = bestMatch(options.registries, host, repository);
    if (explicit !== undefined) {
      const { username, password } = explicit.value;
      return new Credential('password', username, password, `registries.${explicit.key}`);
    }
    const fromEnvironment = environmentNames[host]?.(places.env);
    if (fromEnvironment !== undefined) return fromEnvironment;
    files ??= readFiles(places);
    for (const { name, file } of await files) {
      const helper = bestMatch(file.credHelpers, host, repository);
      const helped =
        helper &&
        (await askHelper(
          helper.value,
          host === 'docker.io' ? dockerHubKey : normalizeKey(helper.key),
          query,
        ));
      if (helped !== undefined) return helped;
      const entry = bestMatch(file.auths, host, repository);
      const written = entry && entryCredential(entry.value, name);
      if (written !== undefined) return written;
      const stored =
        file.credsStore &&
        (await askHelper(file.credsStore, host === 'docker.io' ? dockerHubKey : (entry?.key ?? host), query));
      if (stored) return stored;
    }
    return undefined;
  };
}

interface NamedFile {
  /** As messages name it. */
  readonly name: string;
  readonly file: AuthFile;
}

async function readFiles(places: Places): Promise<readonly NamedFile[]> {
  const inline = places.env.DOCKER_AUTH_CONFIG;
  const named: NamedFile[] = [];
  if (inline) named.push({ name: 'DOCKER_AUTH_CONFIG', file: parseAuthFile(inline, 'DOCKER_AUTH_CONFIG') });
  for (const path of credentialFiles(places)) {
    const name = shownPath(path, places);
    const text = await readIfThere(path, name);
    if (text !== undefined && text.trim() !== '') named.push({ name, file: parseAuthFile(text, name) });
  }
  return named;
}

/** A file's text, or nothing when there is none. @throws {RegistryError} `ERR_LADING_CREDENTIALS` */
export async function readIfThere(path: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new RegistryError('ERR_LADING_CREDENTIALS', `${name} cannot be read: ${code}`, { cause });
  }
}
