import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where credentials are looked for. */
export interface CredentialPlaces {
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The user's home. Default `os.homedir()`; `/` for a user id that has none, as in some containers. */
  readonly home?: string | undefined;
}

/** The places with their defaults filled in. */
export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export function placesOf({ env = process.env, home = ownHome() }: CredentialPlaces): Places {
  return { env, home };
}

function ownHome(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** Where `docker login` and `lading login` write. */
export function dockerConfigPath({ env, home }: Places): string {
  return join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json');
}

/** The credential files that are read, in this order. */
export function credentialFiles(places: Places): readonly string[] {
  const { env, home } = places;
  return [
    env.REGISTRY_AUTH_FILE,
    dockerConfigPath(places),
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
  ].filter((path): path is string => path !== undefined && path !== '');
}

/** A path as messages show it: the home is `~`. */
export function shownPath(path: string, { home }: Places): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
