import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peer } from './peer.ts';
import { output, type RunResult, run } from './run.ts';

export interface Cosign extends AsyncDisposable {
  readonly program: 'cosign' | 'cosign2';
  /** Its home, for files that are handed to it. */
  readonly folder: string;
  /** Writes a file into `folder`; gives its path. What is no text is written as JSON. */
  file(name: string, content: string | object): Promise<string>;
  /** Runs it to its end, whatever its exit code. */
  run(...args: readonly string[]): Promise<RunResult>;
  /** Its standard output, when it does its work. */
  output(...args: readonly string[]): Promise<string>;
  /** Makes a key pair; gives the paths. The password is `password`. */
  keys(): Promise<{ readonly key: string; readonly publicKey: string }>;
}

/** The password of the keys that `cosign().keys` makes. */
export const password = 'a password';

/**
 * cosign 3, or with `cosign2` cosign 2.6, in a home of its own: it finds no credentials, no keys and no trusted root there, and leaves nothing behind.
 * It asks no questions.
 */
export async function cosign(program: 'cosign' | 'cosign2' = 'cosign'): Promise<Cosign> {
  const path = peer(program);
  const folder = await mkdtemp(join(tmpdir(), 'lading-cosign-'));
  const env = {
    HOME: folder,
    TUF_ROOT: join(folder, 'tuf'),
    DOCKER_CONFIG: folder,
    COSIGN_PASSWORD: password,
    COSIGN_YES: 'true',
    // A token of the machine that runs the tests would be taken for that of the signer.
    SIGSTORE_ID_TOKEN: '',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: '',
    ACTIONS_ID_TOKEN_REQUEST_URL: '',
  };
  const options = { cwd: folder, env };
  return {
    program,
    folder,
    file: async (name, content) => {
      const file = join(folder, name);
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
      return file;
    },
    run: (...args) => run(path, args, options),
    output: async (...args) => (await output(path, args, options)).toString(),
    keys: async () => {
      await output(path, ['generate-key-pair'], options);
      return { key: join(folder, 'cosign.key'), publicKey: join(folder, 'cosign.pub') };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
