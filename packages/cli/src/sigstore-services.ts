import { join } from 'node:path';
import { parseKeyReference, type ServiceOptions, type SigningConfig, type TrustPolicy } from '@lading/sign';
import { signingConfigFromFile, sigstoreRepository, trustedRootFromFile } from '@lading/sign/node';
import manifest from '../package.json' with { type: 'json' };
import { cacheFolder } from './cache-folder.ts';
import { pathFrom } from './path-from.ts';
import type { Invocation } from './verb.ts';

type TrustedRoot = NonNullable<TrustPolicy['trustedRoot']>;

/** How a command reaches the services of Sigstore, and its files. Disposing lets connections go. */
export interface SigstoreServices extends AsyncDisposable {
  /** For whoever asks a service; makes the connections when it is called first. */
  connection(): Promise<ServiceOptions>;
  /** For whoever opens this key: only those in key services are asked for over the network. */
  dispatcherFor(key: string): Promise<ServiceOptions['dispatcher']>;
  /** From a file, without touching the network; without one that of Sigstore's public instance. */
  trustedRoot(file: string | undefined): Promise<TrustedRoot>;
  /** `public`, or a file. `rekorV2`: of the public ones that with the newer log. */
  signingConfig(source: string, options?: { readonly rekorV2?: boolean | undefined }): Promise<SigningConfig>;
}

export function openSigstoreServices({ options, context }: Invocation): SigstoreServices {
  const { cwd, env, signal } = context;
  let connecting: Promise<ServiceOptions & { readonly dispatcher: { destroy(): Promise<void> } }> | undefined;
  const connect = async () => {
    // Loaded late: who signs with a key alone and verifies with a key alone asks nobody.
    const { openProxies } = await import('./proxies.ts');
    return {
      dispatcher: openProxies(env),
      plainHttp: options.plainHttp,
      userAgent: `lading/${manifest.version}`,
    };
  };
  const connection = () => {
    connecting ??= connect();
    return connecting;
  };
  const repository = async () =>
    sigstoreRepository({ ...(await connection()), cacheDirectory: join(cacheFolder(context), 'sigstore') });
  const roots = new Map<string | undefined, Promise<TrustedRoot>>();
  return {
    connection,
    async dispatcherFor(key) {
      const { kind } = parseKeyReference(key);
      return kind === 'file' || kind === 'variable' ? undefined : (await connection()).dispatcher;
    },
    trustedRoot(file) {
      const read = async (): Promise<TrustedRoot> =>
        file === undefined
          ? (await repository()).trustedRoot({ signal })
          : trustedRootFromFile(pathFrom(cwd, file), { signal });
      const root = roots.get(file) ?? read();
      roots.set(file, root);
      return root;
    },
    async signingConfig(source, { rekorV2 } = {}) {
      return source === 'public'
        ? (await repository()).signingConfig({ signal, rekorV2 })
        : signingConfigFromFile(pathFrom(cwd, source), { signal });
    },
    async [Symbol.asyncDispose]() {
      await (await connecting)?.dispatcher.destroy();
    },
  };
}
