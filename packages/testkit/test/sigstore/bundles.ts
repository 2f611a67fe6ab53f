import { createHash } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier, type VerifierOptions } from '@sigstore/verify';
import type { Sigstore, TestCertificate } from '../../src/sigstore/index.ts';

/** What a verifier that other people wrote says of a bundle: the signer's name, or an error. */
export function verified(
  sigstore: Sigstore,
  bundle: object,
  options: VerifierOptions = {},
): string | undefined {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(sigstore.trustedRoot)), options);
  return verifier.verify(toSignedEntity(bundleFromJSON(bundle))).identity?.subjectAlternativeName;
}

const payload: Buffer = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
const payloadType = 'application/vnd.in-toto+json';

/** The bytes that a DSSE signature is over. */
const encoded: Buffer = Buffer.concat([
  Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
  payload,
]);

export interface Signed {
  readonly signer: TestCertificate;
  readonly signature: Buffer;
  readonly envelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly [{ readonly sig: string; readonly keyid: string }];
  };
}

export function signEnvelope(signer: TestCertificate): Signed {
  const signature = signer.sign(encoded);
  const signatures = [{ sig: signature.toString('base64'), keyid: '' }] as const;
  return { signer, signature, envelope: { payload: payload.toString('base64'), payloadType, signatures } };
}

/** What is proposed to Rekor v1, as sigstore's own clients do it. */
export const proposals = {
  hashedrekord: ({ signer, signature }: Signed): object => ({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(encoded).digest('hex') } },
      signature: { content: signature.toString('base64'), publicKey: { content: base64(signer.pem) } },
    },
  }),
  dsse: ({ signer, envelope }: Signed): object => ({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope: JSON.stringify(envelope), verifiers: [base64(signer.pem)] } },
  }),
  intoto: ({ signer, envelope }: Signed): object => ({
    apiVersion: '0.0.2',
    kind: 'intoto',
    spec: {
      content: {
        envelope: {
          payload: base64(envelope.payload),
          payloadType,
          signatures: [{ sig: base64(envelope.signatures[0].sig), publicKey: base64(signer.pem) }],
        },
        // As sigstore's client computes it: over the envelope in a form of its own, which verifiers build again.
        hash: {
          algorithm: 'sha256',
          value: createHash('sha256')
            .update(
              `{"payload":"${envelope.payload}","payloadType":"${payloadType}","signatures":[{"publicKey":${JSON.stringify(signer.pem)},"sig":"${envelope.signatures[0].sig}"}]}`,
            )
            .digest('hex'),
        },
      },
    },
  }),
} as const;

/** What is proposed to Rekor v2. */
export function proposalV2({ signer, signature }: Signed): object {
  return {
    hashedRekordRequestV002: {
      digest: createHash('sha256').update(encoded).digest('base64'),
      signature: {
        content: signature.toString('base64'),
        verifier: {
          x509Certificate: { rawBytes: signer.certificate.toString('base64') },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  };
}

export interface Witnesses {
  readonly logEntries?: readonly object[];
  readonly timestamps?: readonly Buffer[];
}

/** A bundle of version 0.3. */
export function bundleOf(
  { signer, envelope }: Signed,
  { logEntries = [], timestamps = [] }: Witnesses,
): object {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: signer.certificate.toString('base64') },
      tlogEntries: logEntries,
      timestampVerificationData: {
        rfc3161Timestamps: timestamps.map((bytes) => ({ signedTimestamp: bytes.toString('base64') })),
      },
    },
    dsseEnvelope: envelope,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
