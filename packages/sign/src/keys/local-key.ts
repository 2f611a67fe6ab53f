import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { LadingError } from '@lading/oci';
import { algorithmOf, hashOf, type KeyAlgorithm } from './algorithm.ts';
import type { KeyUseOptions, PrivateKey } from './private-key.ts';
import { type PublicKey, publicKey } from './public-key.ts';

const signOffThread = promisify(sign) as (
  hash: string | undefined,
  data: Uint8Array,
  key: KeyObject,
) => Promise<Buffer>;

/** A private key in this process's memory. What prints it prints its public half. */
export class LocalPrivateKey implements PrivateKey {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: PublicKey;
  readonly name: string;
  readonly #key: KeyObject;

  /** @throws {LadingError} `ERR_LADING_KEY` for a kind that is not taken. */
  constructor(key: KeyObject, name: string) {
    this.algorithm = algorithmOf(key);
    this.publicKey = publicKey(createPublicKey(key), { name });
    this.name = name;
    this.#key = key;
  }

  async sign(data: Uint8Array, { signal }: KeyUseOptions = {}): Promise<Uint8Array> {
    signal?.throwIfAborted();
    return signOffThread(hashOf[this.algorithm], data, this.#key);
  }

  /** The secret itself: PKCS #8, DER, not encrypted. The caller overwrites it after use. */
  exportSecret(): Buffer {
    return this.#key.export({ type: 'pkcs8', format: 'der' });
  }
}

/**
 * Reads a private key of one of the encodings, and tries it: files exist whose public half belongs to another key.
 * @throws {LadingError} `ERR_LADING_KEY`
 */
export async function readPrivateKey(
  der: Uint8Array,
  type: 'pkcs8' | 'sec1' | 'pkcs1',
  name: string,
): Promise<LocalPrivateKey> {
  let keyObject: KeyObject;
  try {
    keyObject = createPrivateKey({ key: Buffer.from(der), format: 'der', type });
  } catch (cause) {
    throw new LadingError('ERR_LADING_KEY', `${name} holds no private key that can be read`, { cause });
  }
  const key = new LocalPrivateKey(keyObject, name);
  const probe = Buffer.from('lading');
  const signature = await key.sign(probe).catch(() => undefined);
  if (signature === undefined || !key.publicKey.verify(probe, signature)) {
    throw new LadingError('ERR_LADING_KEY', `${name} is damaged: its two halves do not belong together`);
  }
  return key;
}
