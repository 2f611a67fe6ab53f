import type { Descriptor } from '@lading/oci';
import type { Claim } from './formats/claim.ts';
import type { SignatureLocation } from './found.ts';
import type { ReadableTraits, Reader } from './readers.ts';
import type { Rejection, VerifiedSigner, Witnessed } from './verify/types.ts';

/** A signature or attestation that counts. */
export interface AcceptedSignature {
  readonly location: SignatureLocation;
  readonly signer: VerifiedSigner;
  readonly witnessed: Witnessed;
  readonly claim: Claim;
  /** What decides who else can read it. */
  readonly traits: ReadableTraits;
  /** Of the claim's subject that is this image. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A signature or attestation that does not count, and why. */
export interface RejectedSignature extends Rejection {
  readonly location: SignatureLocation;
}

/** What came out of a verification. */
export interface Verdict {
  /** True when enough of those who are trusted have signed. */
  readonly ok: boolean;
  readonly subject: Descriptor;
  /** What was looked for. */
  readonly sought: 'signature' | 'attestation';
  readonly accepted: readonly AcceptedSignature[];
  readonly rejected: readonly RejectedSignature[];
  /** How many of those who are trusted have signed, each counted once, and how many it takes. */
  readonly signers: { readonly found: number; readonly needed: number };
  /** When it is not ok: why, a sentence each. */
  readonly reasons: readonly string[];
  /** Programs of others that can check what was accepted. */
  readonly readers: readonly Reader[];
}
