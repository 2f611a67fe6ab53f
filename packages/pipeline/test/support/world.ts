import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, parseConfig } from '@lading/config';
import type { Descriptor } from '@lading/oci';
import { openRegistry, type Registry, type RegistryStore } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import {
  createSigner,
  generatePrivateKey,
  type Signer,
  type TrustPolicy,
  type Verdict,
  verify,
} from '@lading/sign';
import { pushImage, type TestImage } from '@lading/testkit';
import {
  type PipelineEvent,
  type PipelineOptions,
  type PipelineReport,
  registryStores,
  runPipeline,
} from '../../src/index.ts';

/** A signer without witnesses, with a key of its own. */
export async function keySigner(
  name = 'cosign.key',
): Promise<{ readonly signer: Signer; readonly policy: TrustPolicy }> {
  const key = await generatePrivateKey({ name });
  const policy = { authorities: [{ kind: 'key', key: key.publicKey }] } as const;
  return { signer: createSigner({ key }, { transparency: 'none' }), policy };
}

export interface Run {
  readonly events: readonly PipelineEvent[];
  readonly report: PipelineReport;
  /** On the wire. */
  readonly requests: readonly string[];
}

/** Two registries, and a client that counts what it asks them. */
export class World implements AsyncDisposable {
  readonly folder: string;
  readonly up: RegistryServer;
  readonly mine: RegistryServer;
  readonly registry: Registry;
  readonly requests: string[] = [];

  static async start(): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'lading-pipeline-'));
    const up = await startRegistry({ directory: join(folder, 'up') });
    const mine = await startRegistry({ directory: join(folder, 'mine') });
    return new World(folder, up, mine);
  }

  private constructor(folder: string, up: RegistryServer, mine: RegistryServer) {
    this.folder = folder;
    this.up = up;
    this.mine = mine;
    this.registry = openRegistry({
      onRequest: ({ phase, method, url }) => {
        if (phase === 'start')
          this.requests.push(`${method} ${new URL(url).pathname.replace(/^\/v2\//, '')}`);
      },
    });
  }

  /** A configuration in which `UP` and `MINE` stand for the two registries. */
  config(yaml: string): Config {
    return parseConfig(yaml.replaceAll('UP', this.up.host).replaceAll('MINE', this.mine.host));
  }

  push(repository: string, tag: string, image: TestImage): Promise<unknown> {
    return pushImage(this.up.url, repository, tag, image);
  }

  source(repository: string): RegistryStore {
    return this.registry.repository(`${this.up.host}/${repository}`);
  }

  destination(repository: string): RegistryStore {
    return this.registry.repository(`${this.mine.host}/${repository}`);
  }

  /** What a tag of the destination holds, unnoticed. */
  async held(repository: string, tag: string): Promise<Descriptor> {
    const count = this.requests.length;
    const found = await this.destination(repository).resolve(tag);
    this.requests.length = count;
    return found;
  }

  async verdict(repository: string, tag: string, policy: TrustPolicy): Promise<Verdict> {
    return verify(this.destination(repository), await this.held(repository, tag), { policy });
  }

  async run(config: Config, options: Partial<PipelineOptions> = {}): Promise<Run> {
    this.requests.length = 0;
    const events: PipelineEvent[] = [];
    for await (const event of runPipeline(config, this.options(options))) events.push(event);
    const last = events.at(-1);
    if (last?.type !== 'run:done') throw new Error('the run has no end');
    return { events, report: last.report, requests: [...this.requests] };
  }

  options(options: Partial<PipelineOptions> = {}): PipelineOptions {
    return { stores: registryStores(this.registry), clock: Date.now, ...options };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.close();
    await this.up.close();
    await this.mine.close();
    await rm(this.folder, { recursive: true });
  }
}

export function outcomes({ results }: PipelineReport): readonly string[] {
  return results.map(({ outcome, signature, image: { destination, reason } }) =>
    [outcome, destination.replace(/^[^/]*\//, ''), reason && `(${reason.code})`, signature?.outcome]
      .filter(Boolean)
      .join(' '),
  );
}
