import { createHash, type KeyObject } from 'node:crypto';
import { LadingError } from '@lading/oci';
import { hashOf } from '../keys/algorithm.ts';
import type { PrivateKey } from '../keys/private-key.ts';
import { type PublicKey, publicKey } from '../keys/public-key.ts';
import { serviceError } from './service-error.ts';

/** What a key service is asked to sign. */
export interface ToSign {
  /** The hash that goes with the key and the hash's value; nothing for Ed25519, which wants the data itself. */
  readonly digest: { readonly hash: 'sha256' | 'sha384' | 'sha512'; readonly value: Uint8Array } | undefined;
  readonly data: Uint8Array;
}

/** Signs in the service. ECDSA signatures come as DER. */
export type SignInService = (toSign: ToSign, signal: AbortSignal | undefined) => Promise<Uint8Array>;

/** The private key whose public half a service told. */
export function servicePrivateKey(
  name: string,
  publicKey: PublicKey,
  signInService: SignInService,
): PrivateKey {
  const { algorithm } = publicKey;
  const hash = hashOf[algorithm];
  return {
    algorithm,
    publicKey,
    name,
    async sign(data, { signal } = {}) {
      signal?.throwIfAborted();
      const digest = hash && { hash, value: createHash(hash).update(data).digest() };
      const signature = await signInService({ digest, data }, signal);
      // Nothing that cannot be verified leaves here, whatever happened to the key or on the way.
      if (publicKey.verify(data, signature)) return signature;
      throw serviceError(`the signature by ${name} does not fit its public key`, {
        hint: 'The key may just have been changed: try again.',
      });
    },
  };
}

/**
 * The public key of a service's answer.
 * @throws {LadingError} `ERR_LADING_KEY` when it cannot be read or is of a kind that is not taken
 */
export function readServiceKey(read: () => KeyObject, name: string): PublicKey {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw new LadingError('ERR_LADING_KEY', `the public key of ${name} cannot be read`, { cause });
  }
  return publicKey(key, { name });
}
