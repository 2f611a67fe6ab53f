import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
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

/** `host:port` where nothing listens. */
export async function deadHost(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return `127.0.0.1:${port}`;
}
