import type { TrustedRoot } from '@sigstore/protobuf-specs';
import type { Signer } from './signer.ts';
import type { TrustPolicy } from './verify/types.ts';

/** The policy by which a signer's own signatures are recognised; nothing when they cannot be told from those of others. */
export async function ownPolicy(
  { signer, trustedRoot }: { readonly signer: Signer; readonly trustedRoot?: TrustedRoot | undefined },
  signal?: AbortSignal | undefined,
): Promise<TrustPolicy | undefined> {
  const authority = await signer.authority({ signal });
  if (authority === undefined || (authority.kind === 'identity' && trustedRoot === undefined))
    return undefined;
  return { authorities: [authority], trustedRoot, log: 'checked' };
}
