import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningRegistry extends AsyncDisposable {
  readonly port: number;
  readonly host: string;
}

/** CNCF distribution on a free port of loopback over a folder of its own: the registry that every contender reads and writes. */
export async function startDistribution(path: string): Promise<RunningRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-bench-registry-'));
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: 'fatal' },
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: `127.0.0.1:${port}` },
  };
  const file = join(folder, 'config.yml');
  await writeFile(file, JSON.stringify(config));
  const child = spawn('registry', ['serve', file], {
    stdio: 'ignore',
    env: { ...process.env, PATH: path, OTEL_TRACES_EXPORTER: 'none' },
  });
  await answering(port);
  return {
    port,
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(port: number): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/v2/`, { signal })).ok) return;
    } catch (error) {
      if (signal.aborted) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
