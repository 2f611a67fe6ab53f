import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RegistryOptions, type RegistryServer, startRegistry } from '@lading/server';

/** A folder of its own for a test, removed at its end. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

export async function scratch(): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), 'lading-cli-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** An embedded registry over a folder in `parent`. */
export function registryIn(
  parent: Scratch,
  name: string,
  options: Partial<RegistryOptions> = {},
): Promise<RegistryServer> {
  return startRegistry({ directory: join(parent.path, name), ...options });
}

/** `host:port` where nothing listens: no free port, which another test may be given meanwhile. */
export const deadHost = '127.0.0.1:1';
