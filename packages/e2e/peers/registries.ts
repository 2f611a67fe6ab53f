import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '@lading/server';
import { startDistribution } from './distribution.ts';
import { startGoRegistry } from './go-registry.ts';

export interface RunningRegistry extends AsyncDisposable {
  /** For example `http://127.0.0.1:41873`. */
  readonly url: string;
  /** `HOST:PORT`, as it stands in an image reference. */
  readonly host: string;
}

async function startLadingServe(): Promise<RunningRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-serve-'));
  const server = await startRegistry({ directory });
  const stop = async (): Promise<void> => {
    await server.close();
    await rm(directory, { recursive: true });
  };
  return { url: server.url, host: server.host, [Symbol.asyncDispose]: stop };
}

/** Registries of each kind: without the referrers API; with it, and a list that tells the types of configs; and ours. */
export const registries: Readonly<Record<string, () => Promise<RunningRegistry>>> = {
  distribution: startDistribution,
  'go-containerregistry': startGoRegistry,
  'lading serve': startLadingServe,
};
