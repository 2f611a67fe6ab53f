import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A peer that runs until it is disposed of, with a temporary folder of its own. */
export interface PeerServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:41873`. */
  readonly url: string;
  /** `HOST:PORT`, as it stands in an image reference. */
  readonly host: string;
}

export interface ServerOptions {
  readonly program: string;
  /** The arguments, once there is a folder to write into. */
  readonly args: (folder: string) => Promise<readonly string[]> | readonly string[];
  /** What it writes when it is ready; the first group is `HOST:PORT`. */
  readonly ready: RegExp;
}

/** A server that hangs before it is ready is ended after this long. */
const limitMs = 30_000;

/** Starts a program that serves, and waits until it says where. */
export async function startServer({ program, args, ready }: ServerOptions): Promise<PeerServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-peer-'));
  const child = spawn(program, await args(folder), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder, OTEL_TRACES_EXPORTER: 'none' },
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const log: string[] = [];
  const address = new Promise<string>((resolve, reject) => {
    const fail = (what: string): void =>
      reject(new Error(`${program} ${what}:\n${log.slice(-5).join('\n')}`));
    const limit = setTimeout(() => fail('was not ready in time'), limitMs);
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        const found = ready.exec(line)?.[1];
        if (found !== undefined) resolve(found);
        else log.push(line);
      });
    }
    exited.then(
      () => fail('ended'),
      (error) => reject(error), // it could not even be started
    );
    exited.finally(() => clearTimeout(limit)).catch(() => {});
  });
  try {
    const host = await address;
    return { url: `http://${host}`, host, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A port that was free a moment ago, for programs that do not choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
