import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Config, RegistrySettings } from '@lading/config';
import { LadingError } from '@lading/oci';
import {
  type AwsCredentials,
  ecrRepositories,
  type HostOptions,
  isEcrHost,
  openRegistry,
  type Registry,
} from '@lading/registry';
import { credentials, type ExplicitCredential, environmentProxies } from '@lading/registry/node';
import manifest from '../package.json' with { type: 'json' };
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
    if (createRepository && !isEcrHost(host)) {
      output.say(`registries.${host}.createRepository has no effect: it is for Amazon ECR alone`);
    }
  }
  const registry = openRegistry({
    credentials: credentials({
      env: context.env,
      home: context.home,
      registries: explicitCredentials(settings),
    }),
    hosts: await hostOptions(settings, options.plainHttp ?? [], context),
    proxyFor: environmentProxies(context.env),
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
  context: Invocation['context'],
): Promise<Record<string, HostOptions>> {
  const hosts: Record<string, HostOptions> = {};
  for (const [host, registry] of Object.entries(settings))
    hosts[host] = await oneHost(host, registry, context);
  for (const host of plainHttp) hosts[host] = { ...hosts[host], tls: 'off' };
  return hosts;
}

async function oneHost(
  host: string,
  { tls, ca, concurrency, rateLimit, mirrors, createRepository }: RegistrySettings,
  { cwd, env }: Invocation['context'],
): Promise<HostOptions> {
  return {
    tls,
    concurrency,
    rateLimit,
    mirrors,
    ca: ca === undefined ? undefined : await readAuthority(ca, cwd),
    createRepository:
      createRepository && isEcrHost(host)
        ? (repository, options) =>
            ecrRepositories(host, { credentials: awsCredentials(env) })(repository, options)
        : undefined,
  };
}

/** The keys under the names that all of Amazon's tools read; asked for when a repository is to be made. */
function awsCredentials(env: Invocation['context']['env']): AwsCredentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new LadingError(
      'ERR_LADING_CREDENTIALS',
      'making a repository in Amazon ECR needs keys, and none are set',
      {
        hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN with temporary ones)',
      },
    );
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN || undefined,
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
