import { resolve } from 'node:path';
import type { KeyServices, KeySources } from '../keys/open.ts';
import { awsService } from './aws.ts';
import { azureService } from './azure.ts';
import { googleService } from './google.ts';
import { readBeginning, type Surroundings } from './surroundings.ts';
import { vaultService } from './vault.ts';

export interface KeySourcesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** The password of an encrypted key. Default: what `COSIGN_PASSWORD` holds, even nothing. */
  readonly password?: KeySources['password'];
  /** Proxies and certificate authorities for key services. Default: undici's own dispatcher. */
  readonly dispatcher?: KeyServices['dispatcher'];
  /** Wall clock, milliseconds since 1970. Default: the machine's. */
  readonly now?: (() => number) | undefined;
}

/**
 * The keys of a process: its files and variables, and the key services for which it has credentials where each service's own tools look:
 * `AWS_*` and `~/.aws`; `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's file, the metadata server; `AZURE_*`; `VAULT_ADDR`, `VAULT_TOKEN`, `~/.vault-token`.
 */
export function keySources(options: KeySourcesOptions): KeySources {
  const { env, home, cwd, now = Date.now, dispatcher } = options;
  const readFile: KeySources['readFile'] = (path, { signal }) => readBeginning(resolve(cwd, path), signal);
  const surroundings: Surroundings = {
    env,
    home,
    readText: async (path, signal) => Buffer.from(await readFile(path, { signal })).toString('utf8'),
    connection: { dispatcher, now },
  };
  const password = env.COSIGN_PASSWORD;
  return {
    readFile,
    variable: (name) => env[name],
    password: options.password ?? (password === undefined ? undefined : async () => password),
    services: {
      now,
      dispatcher,
      aws: awsService(surroundings),
      google: googleService(surroundings),
      azure: azureService(surroundings),
      vault: vaultService(surroundings),
    },
  };
}
