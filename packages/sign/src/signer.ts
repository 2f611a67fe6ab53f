import type { Authority } from './authority.ts';
import type { SignatureMaterial, SignedContent } from './material.ts';

export interface SignOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Somebody who can sign: a key or an identity, together with the services that witness each signature. */
export interface Signer {
  /** For people: `cosign.key`, `awskms:///alias/release`, `keyless`. */
  readonly name: string;
  /** What speaks for each signature beside the key or certificate. */
  readonly witnesses: {
    /** `promised`: a log that promises a time with each entry (Rekor v1). `proven`: one that proves inclusion alone (Rekor v2). */
    readonly log: 'none' | 'promised' | 'proven';
    readonly timestamp: boolean;
    /** Bytes of the largest envelope that the log takes; nothing when it takes digests only. */
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
