import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  type Bundle,
  bundleFromJSON,
  bundleToJSON,
  type SerializedBundle,
  type TransparencyLogEntry,
} from '@sigstore/bundle';
import type { SignatureMaterial, SignedContent, SignerClaim } from '../material.ts';
import { type JsonObject, MalformedError, parseJson, shown } from './json.ts';

/** The version that is written: the one that cosign 3, GitHub and sigstore's libraries write. */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const knownMediaTypes: readonly string[] = [
  bundleMediaType,
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
];

/** True for media types and artifact types of Sigstore bundles of any version. */
export function isBundleMediaType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.dev.sigstore.bundle');
}

/** Most entries and timestamps that are looked at; signers make one or two. */
const maxWitnesses = 32;

/** The bytes of a Sigstore bundle v0.3 (sigstore/protobuf-specs, sigstore_bundle.proto). */
export function bundleBytes(material: SignatureMaterial): Uint8Array {
  return Buffer.from(JSON.stringify(bundleToJSON(toBundle(material))));
}

function toBundle({ content, signature, signer, logEntries, timestamps }: SignatureMaterial): Bundle {
  return {
    mediaType: bundleMediaType,
    content: toContent(content, Buffer.from(signature)),
    verificationMaterial: {
      content:
        signer.kind === 'key'
          ? { $case: 'publicKey', publicKey: { hint: signer.hint ?? '' } }
          : { $case: 'certificate', certificate: { rawBytes: Buffer.from(signer.certificate) } },
      tlogEntries: [...logEntries],
      timestampVerificationData:
        timestamps.length === 0
          ? undefined
          : { rfc3161Timestamps: timestamps.map((bytes) => ({ signedTimestamp: Buffer.from(bytes) })) },
    },
  };
}

function toContent(content: SignedContent, signature: Buffer): Bundle['content'] {
  if (content.kind === 'message') {
    // 1 is SHA2_256, which is what the digest is for a reader to recognise the content by, whatever the key hashes with.
    const messageDigest = { algorithm: 1, digest: createHash('sha256').update(content.bytes).digest() };
    return { $case: 'messageSignature', messageSignature: { messageDigest, signature } };
  }
  // With a key id here cosign 3.1.3 finds no signature that it accepts: it stays empty, and the hint says which key.
  const signatures = [{ keyid: '', sig: signature }];
  const { payloadType, payload } = content;
  return { $case: 'dsseEnvelope', dsseEnvelope: { payloadType, payload: Buffer.from(payload), signatures } };
}

/**
 * Reads a Sigstore bundle, version 0.1 to 0.3. Of a bundle over bytes that are kept elsewhere (`sign-blob`), those are given as `artifact`.
 * @throws {MalformedError}
 */
export function parseBundle(bytes: Uint8Array, artifact?: Uint8Array): SignatureMaterial {
  const document = parseJson(bytes, 'the bundle');
  if (!knownMediaTypes.includes(document.mediaType as string)) {
    throw new MalformedError(`${shown(document.mediaType)} is no type of bundle that is known`);
  }
  const bundle = decode(document);
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length > maxWitnesses || timestamps.length > maxWitnesses) {
    throw new MalformedError(`the bundle has more than ${maxWitnesses} log entries or timestamps`);
  }
  return {
    ...contentOf(bundle, artifact),
    signer: signerOf(bundle),
    logEntries: tlogEntries as TransparencyLogEntry[],
    timestamps: timestamps.map(({ signedTimestamp }) => signedTimestamp),
  };
}

function decode(document: JsonObject): Bundle {
  let bundle: Bundle;
  try {
    bundle = bundleFromJSON(document);
  } catch (cause) {
    throw new MalformedError(`the bundle is broken: ${(cause as Error).message}`, { cause });
  }
  // The decoder skips what it does not know or cannot read; what was skipped would not be verified.
  const skipped = difference(document, bundleToJSON(bundle) as unknown as SerializedBundle & JsonObject, '');
  if (skipped !== undefined) throw new MalformedError(`the bundle has an unknown or broken ${skipped}`);
  return bundle;
}

/** The path of the first value that is not the same in what was read; what stands for nothing (`""`, `0`, `false`, `null`) may be left out. */
function difference(given: unknown, read: unknown, path: string): string | undefined {
  if (typeof given === 'object' && given !== null) {
    for (const [key, value] of Object.entries(given)) {
      const there = typeof read === 'object' && read !== null ? (read as JsonObject)[key] : undefined;
      const found = difference(value, there, path === '' ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (read === undefined) return isNothing(given) ? undefined : path;
  // 64-bit numbers are texts; some writers leave the quotes out.
  return String(given) === String(read) ? undefined : path;
}

function isNothing(value: unknown): boolean {
  return value === null || value === '' || value === 0 || value === '0' || value === false;
}

function contentOf(
  { content }: Bundle,
  artifact: Uint8Array | undefined,
): Pick<SignatureMaterial, 'content' | 'signature'> {
  if (content.$case === 'dsseEnvelope') {
    const { payloadType, payload, signatures } = content.dsseEnvelope;
    return { content: { kind: 'envelope', payloadType, payload }, signature: signatures[0]!.sig };
  }
  if (artifact === undefined) {
    throw new MalformedError(
      'the bundle is a signature over bytes that are not in it: it belongs to a file, not to an image',
    );
  }
  const { signature, messageDigest } = content.messageSignature;
  const digest = messageDigest.algorithm === 1 && createHash('sha256').update(artifact).digest();
  if (digest !== false && !digest.equals(messageDigest.digest))
    throw new MalformedError('the bundle is about other bytes');
  return { content: { kind: 'message', bytes: artifact }, signature };
}

function signerOf({ verificationMaterial: { content } }: Bundle): SignerClaim {
  switch (content.$case) {
    case 'publicKey':
      return { kind: 'key', hint: content.publicKey.hint };
    case 'certificate':
      return { kind: 'certificate', certificate: content.certificate.rawBytes, chain: [] };
    case 'x509CertificateChain': {
      const [leaf, ...chain] = content.x509CertificateChain.certificates;
      return {
        kind: 'certificate',
        certificate: leaf!.rawBytes,
        chain: chain.map(({ rawBytes }) => rawBytes),
      };
    }
  }
}
