import { type IdentityAuthority, openPublicKey, type TrustPolicy } from '@lading/sign';
import { keySources } from '@lading/sign/node';
import { openSigstoreServices, type SigstoreServices } from './sigstore-services.ts';
import type { Invocation } from './verb.ts';

/** Whose signatures count, as the command line or the `verify` of an entry says it. */
export interface TrustSettings {
  /** Paths, `env://VARIABLE`, or key services' URIs. */
  readonly keys?: readonly string[] | undefined;
  readonly identities?: readonly IdentityAuthority[] | undefined;
  /** A file; without one, identities are verified with that of Sigstore's public instance, and keys without any. */
  readonly trustedRoot?: string | undefined;
  readonly log?: TrustPolicy['log'];
  readonly certificateLog?: TrustPolicy['certificateLog'];
}

/** Who is trusted. The network is asked only for keys in key services, and for the public trusted root when identities need it. */
export async function openTrust(settings: TrustSettings, invocation: Invocation): Promise<TrustPolicy> {
  const { keys = [], identities = [], trustedRoot, log, certificateLog } = settings;
  await using services = openSigstoreServices(invocation);
  const needsRoot = trustedRoot !== undefined || identities.length > 0 || log === 'required';
  return {
    authorities: [...(await keyAuthorities(keys, invocation, services)), ...identities],
    trustedRoot: needsRoot ? await services.trustedRoot(trustedRoot) : undefined,
    log,
    certificateLog,
  };
}

async function keyAuthorities(
  references: readonly string[],
  { context }: Invocation,
  services: SigstoreServices,
): Promise<TrustPolicy['authorities']> {
  const { env, home, cwd, now, signal } = context;
  return await Promise.all(
    references.map(async (reference) => {
      const dispatcher = await services.dispatcherFor(reference);
      const key = await openPublicKey(reference, keySources({ env, home, cwd, now, dispatcher }), { signal });
      return { kind: 'key', key } as const;
    }),
  );
}
