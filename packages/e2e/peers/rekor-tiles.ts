import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peer } from './peer.ts';
import { freePort, type PeerServer, startServer } from './server.ts';

export interface RekorTiles extends PeerServer {
  /** Ed25519. Together with `hostname` it makes the log's ID. */
  readonly publicKey: KeyObject;
  /** What it signs its checkpoints as; the host of the log's URL in a trusted root has to be the same. */
  readonly hostname: string;
}

/** Starts Rekor v2 over a temporary folder. Its entries are there within a second. */
export async function startRekorTiles(): Promise<RekorTiles> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hostname = 'rekor-local';
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const server = await startServer({
    program: peer('rekor-server'),
    args: async (folder) => {
      const key = join(folder, 'ed25519.pem');
      await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      return [
        'serve',
        ...['--http-address=127.0.0.1', `--http-port=${http}`, `--http-metrics-port=${metrics}`],
        ...['--grpc-address=127.0.0.1', `--grpc-port=${grpc}`],
        ...[`--hostname=${hostname}`, `--storage-dir=${join(folder, 'log')}`, `--signer-filepath=${key}`],
        '--checkpoint-interval=1s',
      ];
    },
    ready: /starting HTTP proxy.* address=([0-9.]+:\d+)/,
  });
  try {
    await answers(server.url);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return { ...server, publicKey, hostname };
}

/** It says where it will be a moment before it is there. */
async function answers(url: string): Promise<void> {
  for (let tries = 100; tries > 0; tries -= 1) {
    const answer = await fetch(`${url}/api/v2/checkpoint`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    await sleep(50);
  }
  throw new Error(`rekor-server does not answer at ${url}`);
}
