import { Buffer } from 'node:buffer';
import { type Descriptor, digestOf } from '@lading/oci';
import type { SignatureMaterial, SignerClaim } from '../material.ts';
import { envelopeBytes, parseEnvelope } from './envelope.ts';
import { asText, fromBase64, MalformedError, parseJson, toBase64 } from './json.ts';
import { certificatesOf, certificatesPem } from './pem.ts';
import { parseRekorBundle, rekorBundleJson } from './rekor-bundle.ts';

/** The media types of cosign's layers: what each is, is decided by this alone. */
export const legacyMediaTypes = {
  signature: 'application/vnd.dev.cosign.simplesigning.v1+json',
  attestation: 'application/vnd.dsse.envelope.v1+json',
} as const;

const annotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  rekorBundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
  predicateType: 'predicateType',
} as const;

/** A layer of a `.sig` or `.att` and its content. */
export interface LegacyLayer {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/**
 * One signature as a layer of cosign's `.sig`, one attestation as a layer of `.att`: what it is over is the content, what speaks for it stands in
 * annotations (cosign, specs/SIGNATURE_SPEC.md and ATTESTATION_SPEC.md).
 */
export function legacyLayer(material: SignatureMaterial, predicateType?: string): LegacyLayer {
  const { content, signature } = material;
  const isMessage = content.kind === 'message';
  const bytes = isMessage ? content.bytes : envelopeBytes({ content, signature });
  return {
    bytes,
    descriptor: {
      mediaType: isMessage ? legacyMediaTypes.signature : legacyMediaTypes.attestation,
      size: bytes.byteLength,
      digest: digestOf(bytes),
      annotations: {
        [annotations.signature]: isMessage ? toBase64(signature) : '',
        ...witnesses(material),
        ...(predicateType !== undefined && { [annotations.predicateType]: predicateType }),
      },
    },
  };
}

function witnesses({ signer, logEntries, timestamps }: SignatureMaterial): Record<string, string> {
  const rekorBundle = logEntries.map(rekorBundleJson).find((json) => json !== undefined);
  const [timestamp] = timestamps;
  return {
    ...(signer.kind === 'certificate' && {
      [annotations.certificate]: certificatesPem([signer.certificate]),
      [annotations.chain]: certificatesPem(signer.chain),
    }),
    ...(rekorBundle !== undefined && { [annotations.rekorBundle]: rekorBundle }),
    ...(timestamp !== undefined && {
      [annotations.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: toBase64(timestamp) }),
    }),
  };
}

/**
 * Reads a layer.
 * @throws {MalformedError}
 */
export function parseLegacyLayer({ descriptor, bytes }: LegacyLayer): SignatureMaterial {
  const found = descriptor.annotations ?? {};
  const rekorBundle = found[annotations.rekorBundle] || undefined;
  const timestamp = found[annotations.timestamp] || undefined;
  return {
    ...signedBy(descriptor, bytes),
    signer: signerOf(found[annotations.certificate] || undefined, found[annotations.chain] || undefined),
    logEntries: rekorBundle === undefined ? [] : [parseRekorBundle(rekorBundle)],
    timestamps: timestamp === undefined ? [] : [timestampOf(timestamp)],
  };
}

function signedBy(
  { mediaType, annotations: found = {} }: Descriptor,
  bytes: Uint8Array,
): Pick<SignatureMaterial, 'content' | 'signature' | 'timestamped'> {
  // Of an envelope cosign has the whole stamped, of a payload the signature.
  if (mediaType === legacyMediaTypes.attestation) return { ...parseEnvelope(bytes), timestamped: bytes };
  if (mediaType !== legacyMediaTypes.signature)
    throw new MalformedError(`the layer is a ${mediaType}, no signature`);
  return {
    content: { kind: 'message', bytes },
    signature: fromBase64(found[annotations.signature], 'the signature'),
  };
}

function signerOf(certificate: string | undefined, chain: string | undefined): SignerClaim {
  if (certificate === undefined) return { kind: 'key' };
  const [leaf, ...more] = certificatesOf(certificate);
  if (leaf === undefined || more.length > 0) throw new MalformedError('the certificate cannot be read');
  return { kind: 'certificate', certificate: leaf, chain: chain === undefined ? [] : certificatesOf(chain) };
}

function timestampOf(json: string): Uint8Array {
  const { SignedRFC3161Timestamp } = parseJson(Buffer.from(json), 'the timestamp');
  return fromBase64(asText(SignedRFC3161Timestamp, 'the timestamp'), 'the timestamp');
}
