import { randomUUID } from 'node:crypto';
import { chmod, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AuthFile, bestMatch, dockerHubKey, normalizeKey, parseAuthFile } from './auth-file.ts';
import { readIfThere } from './credentials.ts';
import { type CredentialPlaces, dockerConfigPath, type Places, placesOf, shownPath } from './environment.ts';
import { helperErase, helperStore } from './helper.ts';

/** What `login` keeps. The secret is a password, or an identity token when the user is `<token>`. */
export interface SavedCredential {
  readonly username: string;
  readonly secret: string;
}

/**
 * Keeps a credential where docker keeps its own: with the configured helper, else in `config.json`, which only its owner can read.
 * @returns where it is kept now, for a message
 * @throws {RegistryError} `ERR_LADING_CREDENTIALS`
 */
export async function saveCredentials(
  host: string,
  { username, secret }: SavedCredential,
  options: CredentialPlaces = {},
): Promise<string> {
  const places = placesOf(options);
  const path = dockerConfigPath(places);
  const file = await readConfig(path, places);
  const key = keyOf(host);
  const helper = helperFor(file, host);
  if (helper !== undefined) {
    await helperStore(helper, key, username, secret, places);
    // The empty entry is how docker remembers that it is logged in.
    await writeConfig(path, { ...file, auths: { ...file.auths, [key]: {} } });
    return `docker-credential-${helper}`;
  }
  const auth = Buffer.from(`${username}:${secret}`).toString('base64');
  const entry =
    username === '<token>'
      ? { auth: Buffer.from('<token>:').toString('base64'), identitytoken: secret }
      : { auth };
  await writeConfig(path, { ...file, auths: { ...file.auths, [key]: entry } });
  return shownPath(path, places);
}

/**
 * Forgets a host's credential.
 * @returns false when there was none
 * @throws {RegistryError} `ERR_LADING_CREDENTIALS`
 */
export async function removeCredentials(host: string, options: CredentialPlaces = {}): Promise<boolean> {
  const places = placesOf(options);
  const path = dockerConfigPath(places);
  const file = await readConfig(path, places);
  const helper = helperFor(file, host);
  const erased = helper !== undefined && (await helperErase(helper, keyOf(host), places));
  const entries = Object.entries(file.auths ?? {});
  const kept = entries.filter(([key]) => normalizeKey(key) !== normalizeKey(host));
  if (kept.length < entries.length) await writeConfig(path, { ...file, auths: Object.fromEntries(kept) });
  return erased || kept.length < entries.length;
}

function keyOf(host: string): string {
  const key = normalizeKey(host);
  return key === 'docker.io' ? dockerHubKey : key;
}

function helperFor(file: AuthFile, host: string): string | undefined {
  return bestMatch(file.credHelpers, normalizeKey(host), undefined)?.value ?? (file.credsStore || undefined);
}

async function readConfig(path: string, places: Places): Promise<AuthFile> {
  const name = shownPath(path, places);
  const text = await readIfThere(path, name);
  return text === undefined || text.trim() === '' ? {} : parseAuthFile(text, name);
}

/** Whole or not at all: a torn file would log the user out of everything. */
async function writeConfig(path: string, file: AuthFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // A linked file stays a link.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(file, undefined, '\t')}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(temporary, 0o600);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
