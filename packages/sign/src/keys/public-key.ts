import { createHash, createPublicKey, KeyObject, verify } from 'node:crypto';
import { LadingError } from '@lading/oci';
import { algorithmOf, hashOf, type KeyAlgorithm } from './algorithm.ts';

/** A public key that signatures are checked with. */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** SubjectPublicKeyInfo, PEM, as in `cosign.pub`. */
  readonly pem: string;
  /** Base64 of the SHA-256 of `spki`: how bundles name a key, and how two keys are told to be the same. */
  readonly hint: string;
  /** For people: the file it is from. */
  readonly name: string | undefined;
  readonly keyObject: KeyObject;
  /** True when the key's holder signed these bytes. */
  verify(data: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * Reads a public key: PEM (`PUBLIC KEY`, a certificate's, `RSA PUBLIC KEY`), or a key object.
 * @throws {LadingError} `ERR_LADING_KEY`
 */
export function publicKey(
  key: string | Uint8Array | KeyObject,
  options: { readonly name?: string | undefined } = {},
): PublicKey {
  const keyObject = toKeyObject(key, options.name);
  const algorithm = algorithmOf(keyObject);
  const spki = keyObject.export({ type: 'spki', format: 'der' });
  const hash = hashOf[algorithm];
  return {
    algorithm,
    spki,
    pem: keyObject.export({ type: 'spki', format: 'pem' }).toString(),
    hint: createHash('sha256').update(spki).digest('base64'),
    name: options.name,
    keyObject,
    verify: (data, signature) => verify(hash, data, keyObject, signature),
  };
}

function toKeyObject(key: string | Uint8Array | KeyObject, name: string | undefined): KeyObject {
  if (key instanceof KeyObject) return key.type === 'public' ? key : createPublicKey(key);
  const text = typeof key === 'string' ? key : Buffer.from(key).toString('latin1');
  if (/PRIVATE KEY/.test(text)) {
    throw new LadingError(
      'ERR_LADING_KEY',
      `${name ?? 'this'} is a private key, and a public key is needed`,
      {
        hint: `Make the public key of it with: lading public-key --key ${name ?? 'FILE'}`,
      },
    );
  }
  try {
    return createPublicKey(text);
  } catch (cause) {
    throw new LadingError('ERR_LADING_KEY', `${name ?? 'this'} is no public key in PEM format`, { cause });
  }
}
