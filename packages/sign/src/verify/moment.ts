import { Buffer } from 'node:buffer';
import { createHash, getHashes, type KeyObject } from 'node:crypto';
import type { RFC3161Timestamp } from '@sigstore/core';
import { type SignedEntity, VerificationError, Verifier } from '@sigstore/verify';
import { publicKey } from '../keys/public-key.ts';
import type { SignatureMaterial } from '../material.ts';
import { WithoutPromises } from './certificate-log.ts';
import type { FoundSigner } from './find-signer.ts';
import { isSignedBy } from './is-signed-by.ts';
import type { VerifiedEntry } from './log-entry.ts';
import { Rejected } from './rejected.ts';
import type { Rules } from './rules.ts';
import type { RejectionCode } from './types.ts';

/** A time that somebody trusted has stated, with how it is known: of log entries that is verified, of timestamps not yet. */
export type Moment =
  | { readonly $case: 'timestamp-authority'; readonly timestamp: RFC3161Timestamp }
  | { readonly $case: 'transparency-log'; readonly tlogEntry: VerifiedEntry['entry'] };

/**
 * Whether the timestamp holds, the certificate was issued by a trusted authority whose chain was good at that time, and a certificate log
 * promises to show it: one moment at a time, since the library takes two equal ones for a fraud.
 * @throws {Rejected}
 */
export function checkAtMoment(
  moment: Moment,
  {
    material,
    signed,
    found,
    rules,
  }: {
    readonly material: SignatureMaterial;
    readonly signed: Uint8Array;
    readonly found: FoundSigner;
    readonly rules: Rules;
  },
): void {
  const { certificate, key } = found;
  const isPromiseNeeded = rules.certificateLog === 'required';
  const trust = {
    ...rules.trust.material,
    publicKey: () => ({ publicKey: key.keyObject, validFor: () => true }),
  };
  const entity: SignedEntity = {
    signature: {
      // The library looks at this only for what a timestamp is over.
      signature: Buffer.from(stampedBytes(moment, material)),
      verifySignature: (own: KeyObject) => isSignedBy(publicKey(own), signed, material.signature),
      ...neverLogged,
    },
    key:
      certificate === undefined
        ? { $case: 'public-key', hint: '' }
        : {
            $case: 'certificate',
            certificate: isPromiseNeeded ? certificate.parsed : new WithoutPromises(certificate.parsed.root),
          },
    timestamps: [moment],
    tlogEntries: [],
  };
  const thresholds = { tlogThreshold: 0, timestampThreshold: 1, ctlogThreshold: isPromiseNeeded ? 1 : 0 };
  try {
    new Verifier(trust, thresholds).verify(entity);
  } catch (error) {
    throw rejectionOf(error);
  }
}

/** What the timestamp has to be over: in `.att` that is the envelope for cosign 2, and the signature for cosign 3. */
function stampedBytes(moment: Moment, { signature, timestamped }: SignatureMaterial): Uint8Array {
  if (timestamped === undefined || moment.$case !== 'timestamp-authority') return signature;
  const { messageImprintHashAlgorithm: hash, messageImprintHashedMessage: imprint } =
    moment.timestamp.tstInfo;
  // A kind of hash that is not known, SHA-1 for one; the library refuses it.
  if (!getHashes().includes(hash)) return signature;
  return createHash(hash).update(signature).digest().equals(imprint) ? signature : timestamped;
}

/** Log entries are checked by `checkLogEntries`, which knows more kinds and looks at the key too. */
const neverLogged = {
  compareSignature: () => false,
  compareDigest: () => false,
  compareSignedDigest: () => false,
} as const;

const codes: Readonly<Partial<Record<VerificationError['code'], [code: RejectionCode, what: string]>>> = {
  TIMESTAMP_ERROR: ['bad-timestamp', 'a timestamp of it does not hold'],
  SIGNATURE_ERROR: ['bad-signature', 'its signature does not fit to what it is over'],
};

function rejectionOf(error: unknown): Rejected {
  const code = error instanceof VerificationError ? error.code : undefined;
  const [rejection, what] = (code && codes[code]) ?? [
    'bad-certificate',
    'its certificate is not by a trusted authority',
  ];
  const { cause, message } = error as Error;
  const why = cause instanceof Error ? cause.message : message;
  return new Rejected(rejection, `${what}: ${why}`, { cause: error });
}
