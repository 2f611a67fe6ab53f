import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { peer } from './peer.ts';

export interface Distribution extends AsyncDisposable {
  /** For example `http://127.0.0.1:41873`. */
  readonly url: string;
  /** `HOST:PORT`, as it stands in an image reference. */
  readonly host: string;
}

export interface DistributionOptions {
  /** Takes indexes whose children are not there, and layers that stand elsewhere. Default false, as most run it. */
  readonly lenient?: boolean | undefined;
}

/** Starts CNCF distribution, the registry that most people run, over a temporary folder on a loopback port, with deletes enabled. */
export async function startDistribution(options: DistributionOptions = {}): Promise<Distribution> {
  const program = peer('registry');
  const folder = await mkdtemp(join(tmpdir(), 'lading-distribution-'));
  const config = join(folder, 'config.json'); // JSON is YAML
  await writeFile(config, JSON.stringify(configuration(join(folder, 'data'), options)));
  const child = spawn(program, ['serve', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const lines = createInterface({ input: child.stderr });
  const host = new Promise<string>((resolve, reject) => {
    const log: string[] = [];
    lines.on('line', (line) => {
      const found = /listening on ([0-9.]+:\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
      else log.push(line);
    });
    lines.on('close', () => reject(new Error(`the registry ended:\n${log.slice(-5).join('\n')}`)));
  });
  try {
    const address = await host;
    return { url: `http://${address}`, host: address, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configuration(folder: string, { lenient = false }: DistributionOptions): object {
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: folder },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: '127.0.0.1:0' },
    ...(lenient && {
      validation: { manifests: { indexes: { platforms: 'none' }, urls: { allow: ['^https://'] } } },
    }),
  };
}
