import type { TrustedRoot } from '@sigstore/protobuf-specs';
import type { Authority } from '../authority.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { CertificateDescription } from './certificate.ts';

/** Whom to believe, and what has to witness a signature. */
export interface TrustPolicy {
  /** Those whose signature counts. */
  readonly authorities: readonly Authority[];
  /** The certificate authorities, logs and timestamp authorities to believe. Identities cannot be verified without. */
  readonly trustedRoot?: TrustedRoot | undefined;
  /**
   * `required`: one entry in a trusted transparency log, at least. `checked`: an entry that is there has to be right when there is a trusted root.
   * `ignored`: entries are not looked at, and prove no time. Default `required` for identities unless a timestamp proves the time; for keys
   * `required` when there is a trusted root with logs, else `ignored`.
   */
  readonly log?: 'required' | 'checked' | 'ignored' | undefined;
  /** Whether a certificate needs the promise of a certificate transparency log. Default `required`. */
  readonly certificateLog?: 'required' | 'ignored' | undefined;
}

/** Who signed, as far as it is proven. */
export type VerifiedSigner =
  | {
      readonly kind: 'key';
      /** The first of the policy's authorities that the signer is. */
      readonly authority: Authority;
      /** All of them. */
      readonly authorities: readonly Authority[];
      readonly key: PublicKey;
    }
  | {
      readonly kind: 'identity';
      readonly authority: Authority;
      readonly authorities: readonly Authority[];
      /** The subject alternative name that matched. */
      readonly identity: string;
      readonly issuer: string;
      /** What else the certificate says. */
      readonly certificate: CertificateDescription;
    };

/** What witnesses a signature, as far as it was verified. */
export interface Witnessed {
  /** Of each verified log entry: the log's base URL in the trusted root, the entry's index, and the time where the log promises one. */
  readonly log: readonly { readonly url: string; readonly index: string; readonly time?: Date | undefined }[];
  readonly timestamps: readonly Date[];
}

/** Why a signature does not count. */
export type RejectionCode =
  /** It cannot be read. */
  | 'malformed'
  /** It is of a kind that is not supported. */
  | 'unsupported'
  /** It is larger or more than is read. */
  | 'too-large'
  /** It is about another image. */
  | 'other-subject'
  /** It says something else than what was asked for: an attestation is no signature, a signature no attestation. */
  | 'other-statement'
  /** It is by nobody that was asked for. */
  | 'other-signer'
  /** The signature does not fit to what it is over. */
  | 'bad-signature'
  /** The certificate is not (or was not at the time) one to be believed. */
  | 'bad-certificate'
  /** There is no entry of a trusted transparency log. */
  | 'log-missing'
  /** An entry of a transparency log is wrong, or of something else. */
  | 'bad-log-entry'
  /** No trusted time of signing. */
  | 'time-missing'
  /** A timestamp is wrong, or of something else. */
  | 'bad-timestamp'
  /** It lacks annotations that were asked for. */
  | 'annotations';

export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}

export type MaterialVerdict =
  | { readonly ok: true; readonly signer: VerifiedSigner; readonly witnessed: Witnessed }
  | ({ readonly ok: false } & Rejection);
