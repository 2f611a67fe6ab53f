import type { Authority } from './authority.ts';
import type { SignatureMaterial, SignedContent } from './material.ts';

export interface SignOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Somebody who can sign: a key or an identity, together with the services that witness each signature. */
export interface Signer {
  /** For people: `cosign.key`, `awskms:///alias/release`, `keyless`. */
  readonly name: string;
  /** What speaks for each signature beside the key or certificate. `logLimit`: the largest envelope, in bytes, that the log takes. */
  readonly witnesses: {
    readonly log: boolean;
    readonly timestamp: boolean;
    readonly logLimit?: number | undefined;
  };
  /** Who will have signed, so that a signature that is there already can be recognised; nothing when that only shows in the certificate. */
  authority(options?: SignOptions): Promise<Authority | undefined>;
  /**
   * Signs, and gathers what witnesses the signature (certificate, log entry, timestamp).
   * @throws {LadingError} `ERR_LADING_KEY`, `ERR_LADING_KEY_SERVICE`, `ERR_LADING_TOKEN`, `ERR_LADING_SIGSTORE_SERVICE`.
   */
  sign(content: SignedContent, options?: SignForOptions): Promise<SignatureMaterial>;
}

export interface SignForOptions extends SignOptions {
  /**
   * What will carry the signature: `legacy` (cosign's `.sig` and `.att`) holds no entries of Rekor v2, and its `.att` wants timestamps over the
   * envelope. Default `bundle`.
   */
  readonly format?: 'bundle' | 'legacy' | undefined;
}
