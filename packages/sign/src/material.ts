import type { TransparencyLogEntry } from '@sigstore/bundle';

/** What a signature is over. */
export type SignedContent =
  /** Bytes as they are: cosign's simple signing payload, a blob. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** A DSSE envelope: the signature is over the pre-authentication encoding of both (secure-systems-lab/dsse, protocol.md). */
  | { readonly kind: 'envelope'; readonly payloadType: string; readonly payload: Uint8Array };

/** What the signature itself says of its signer. Nothing here is to be believed before it is verified. */
export type SignerClaim =
  /** `hint` is only a help to find the key. */
  | { readonly kind: 'key'; readonly hint?: string | undefined }
  /** DER. The chain is what was sent along, leaf left out; roots of trust never come from it. */
  | {
      readonly kind: 'certificate';
      readonly certificate: Uint8Array;
      readonly chain: readonly Uint8Array[];
    };

/**
 * One signature with everything that speaks for it, in no particular format: signers make it, formats write and read it,
 * and verification judges it. So each format is written once, and judged by the same rules.
 */
export interface SignatureMaterial {
  readonly content: SignedContent;
  /** Raw, as the algorithm gives it: DER for ECDSA. */
  readonly signature: Uint8Array;
  readonly signer: SignerClaim;
  readonly logEntries: readonly TransparencyLogEntry[];
  /** RFC 3161 TimeStampResp, DER. */
  readonly timestamps: readonly Uint8Array[];
  /** What the timestamps may be over instead of the signature: in cosign 2's `.att` it is the envelope's JSON. */
  readonly timestamped?: Uint8Array | undefined;
}
