import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Config, RegistrySettings } from '@lading/config';
import { type HostOptions, openRegistry, type Registry } from '@lading/registry';
import { credentials, type ExplicitCredential } from '@lading/registry/node';
import manifest from '../package.json' with { type: 'json' };
import { registryHost } from './registry-host.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** A registry client with what the command line, the environment and config.yaml say of registries. */
export interface RegistryClient {
  readonly registry: Registry;
  /** Requests on the wire so far. */
  readonly requests: () => number;
}

export async function openRegistries(
  { options, context, output }: Invocation,
  settings: Config['registries'],
): Promise<RegistryClient> {
  let requests = 0;
  for (const [host, { createRepository }] of Object.entries(settings)) {
    if (createRepository) output.say(`registries.${host}.createRepository has no effect yet`);
  }
  const registry = openRegistry({
    credentials: credentials({
      env: context.env,
      home: context.home,
      registries: explicitCredentials(settings),
    }),
    hosts: await hostOptions(settings, options.plainHttp ?? [], context.cwd),
    userAgent: `lading/${manifest.version}`,
    signal: context.signal,
    onWarning: ({ host, text }) => output.say(`  ! ${host} says: ${text}`),
    onRequest: ({ phase }) => {
      if (phase === 'start') requests++;
    },
  });
  return { registry, requests: () => requests };
}

function explicitCredentials(settings: Config['registries']): Record<string, ExplicitCredential> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([host, { username, password }]) =>
      username === undefined || password === undefined
        ? []
        : [[host, { username, password: password.reveal() }]],
    ),
  );
}

async function hostOptions(
  settings: Config['registries'],
  plainHttp: readonly string[],
  cwd: string,
): Promise<Record<string, HostOptions>> {
  const hosts: Record<string, HostOptions> = {};
  for (const [host, registry] of Object.entries(settings)) hosts[host] = await oneHost(registry, cwd);
  for (const text of plainHttp) {
    const host = registryHost(text);
    hosts[host] = { ...hosts[host], tls: 'off' };
  }
  return hosts;
}

async function oneHost(
  { tls, ca, concurrency, rateLimit, mirrors }: RegistrySettings,
  cwd: string,
): Promise<HostOptions> {
  return {
    tls,
    concurrency,
    rateLimit,
    mirrors,
    ca: ca === undefined ? undefined : await readAuthority(ca, cwd),
  };
}

async function readAuthority(file: string, cwd: string): Promise<string> {
  try {
    return await readFile(isAbsolute(file) ? file : join(cwd, file), 'utf8');
  } catch (cause) {
    throw usageError(
      `cannot read the certificate authority ${file}`,
      'It is named under registries as ca.',
      cause,
    );
  }
}
