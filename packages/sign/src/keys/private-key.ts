import type { KeyAlgorithm } from './algorithm.ts';
import type { PublicKey } from './public-key.ts';

export interface KeyUseOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A key that signs, wherever it is kept: in a file, or in a key service that never gives it away. */
export interface PrivateKey {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: PublicKey;
  /** For people: `cosign.key`, `env://COSIGN_PRIVATE_KEY`, `awskms:///alias/release`. */
  readonly name: string;
  /**
   * Signs these bytes, with the hash that goes with the algorithm.
   * @returns the signature as the algorithm gives it: DER for ECDSA
   * @throws {LadingError} `ERR_LADING_KEY_SERVICE` when the key is in a service that cannot be reached or refuses
   */
  sign(data: Uint8Array, options?: KeyUseOptions): Promise<Uint8Array>;
}
