import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peer } from './peer.ts';
import { type PeerServer, startServer } from './server.ts';

export type Distribution = PeerServer;

export interface DistributionOptions {
  /** Takes indexes whose children are not there, and layers that stand elsewhere. Default false, as most run it. */
  readonly lenient?: boolean | undefined;
}

/** Starts CNCF distribution, the registry that most people run, over a temporary folder on a loopback port, with deletes enabled. */
export function startDistribution(options: DistributionOptions = {}): Promise<Distribution> {
  return startServer({
    program: peer('registry'),
    args: async (folder) => {
      const config = join(folder, 'config.json'); // JSON is YAML
      await writeFile(config, JSON.stringify(configuration(join(folder, 'data'), options)));
      return ['serve', config];
    },
    ready: /listening on ([0-9.]+:\d+)/,
  });
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
