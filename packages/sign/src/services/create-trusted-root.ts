import { Buffer } from 'node:buffer';
import { createHash, X509Certificate } from 'node:crypto';
import { LadingError } from '@lading/oci';
import {
  type CertificateAuthority,
  HashAlgorithm,
  PublicKeyDetails,
  type TransparencyLogInstance,
  TrustedRoot,
} from '@sigstore/protobuf-specs';
import { certificatesOf } from '../formats/pem.ts';
import { type PublicKey, publicKey } from '../keys/public-key.ts';
import { rsaBits } from './log-support.ts';
import { trustedRootMediaTypes } from './trusted-root.ts';

export interface Validity {
  readonly start?: Date | undefined;
  readonly end?: Date | undefined;
}

/** A Fulcio or a timestamp authority. */
export interface TrustedAuthority {
  readonly url: string;
  /** PEM. A Fulcio's intermediates and root; a timestamp authority's with its own certificate first. */
  readonly chain: string;
  /** Default: from when the root of a Fulcio is valid, or the certificate of a timestamp authority. */
  readonly validFor?: Validity | undefined;
}

/** A transparency log: Rekor, or one of certificates. */
export interface TrustedLog {
  readonly url: string;
  /** PEM. */
  readonly publicKey: string;
  readonly validFor: Validity;
  /** The name in the log's checkpoints. Given for Rekor v2 and other logs with tiles: their id is made with it. */
  readonly origin?: string | undefined;
}

export interface TrustedRootContent {
  readonly fulcio?: readonly TrustedAuthority[] | undefined;
  readonly rekor?: readonly TrustedLog[] | undefined;
  /** Logs of certificate transparency. */
  readonly ctfe?: readonly TrustedLog[] | undefined;
  readonly tsa?: readonly TrustedAuthority[] | undefined;
  /** What is to be in it as well. */
  readonly base?: TrustedRoot | undefined;
}

/**
 * A trusted root of these services; `trustedRootJson` makes a file of it.
 * @throws {LadingError} `ERR_LADING_TRUSTED_ROOT` when a chain or a key cannot be used
 */
export function createTrustedRoot(content: TrustedRootContent): TrustedRoot {
  const { fulcio = [], rekor = [], ctfe = [], tsa = [], base } = content;
  return {
    mediaType: trustedRootMediaTypes[0],
    tlogs: [...(base?.tlogs ?? []), ...rekor.map(logInstance)],
    certificateAuthorities: [
      ...(base?.certificateAuthorities ?? []),
      ...fulcio.map((service) => authority(service, (chain) => chain.at(-1)!)),
    ],
    ctlogs: [...(base?.ctlogs ?? []), ...ctfe.map(logInstance)],
    timestampAuthorities: [
      ...(base?.timestampAuthorities ?? []),
      ...tsa.map((service) => authority(timestampAuthority(service), ([leaf]) => leaf!)),
    ],
  };
}

export function trustedRootJson(root: TrustedRoot): string {
  return JSON.stringify(TrustedRoot.toJSON(root));
}

/** A chain that begins with an authority would be taken for one, and its timestamps for nobody's. */
function timestampAuthority(service: TrustedAuthority): TrustedAuthority {
  if (chainOf(service)[0]!.ca) {
    throw unusable(service.url, 'its chain does not begin with the certificate that signs the timestamps');
  }
  return service;
}

function authority(
  service: TrustedAuthority,
  dated: (chain: readonly X509Certificate[]) => X509Certificate,
): CertificateAuthority {
  const chain = chainOf(service);
  const root = chain.at(-1)!;
  const { start = new Date(dated(chain).validFrom), end } = service.validFor ?? {};
  return {
    subject: { organization: subjectPart(root, 'O'), commonName: subjectPart(root, 'CN') },
    uri: service.url,
    certChain: { certificates: chain.map(({ raw }) => ({ rawBytes: Buffer.from(raw) })) },
    validFor: { start, end },
    operator: '',
  };
}

/** Programs that print chains print words between them. */
const pemBlocks = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g;

function chainOf({ url, chain }: TrustedAuthority): readonly X509Certificate[] {
  let certificates: readonly Uint8Array[];
  try {
    certificates = certificatesOf(chain.match(pemBlocks)?.join('\n') ?? '');
  } catch (cause) {
    throw unusable(url, `its chain cannot be used: ${(cause as Error).message}`, cause);
  }
  if (certificates.length === 0) throw unusable(url, 'its chain has no certificate in PEM format');
  return certificates.map((der) => new X509Certificate(der));
}

function subjectPart({ subject }: X509Certificate, name: string): string {
  const line = subject.split('\n').find((part) => part.startsWith(`${name}=`));
  return line?.slice(name.length + 1) ?? '';
}

function logInstance({ url, publicKey: pem, validFor, origin }: TrustedLog): TransparencyLogInstance {
  const key = logKey(url, pem);
  return {
    baseUrl: url,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: {
      rawBytes: Buffer.from(key.spki),
      keyDetails: keyDetails(url, key),
      validFor: { start: validFor.start, end: validFor.end },
    },
    logId: { keyId: logId(key, origin) },
    checkpointKeyId: undefined,
    operator: '',
  };
}

function logKey(url: string, pem: string): PublicKey {
  try {
    return publicKey(pem);
  } catch (cause) {
    throw unusable(url, `its key cannot be used: ${(cause as Error).message}`, cause);
  }
}

function keyDetails(url: string, key: PublicKey): PublicKeyDetails {
  switch (key.algorithm) {
    case 'ecdsa-p256':
      return PublicKeyDetails.PKIX_ECDSA_P256_SHA_256;
    case 'ecdsa-p384':
      return PublicKeyDetails.PKIX_ECDSA_P384_SHA_384;
    case 'ecdsa-p521':
      return PublicKeyDetails.PKIX_ECDSA_P521_SHA_512;
    case 'ed25519':
      return PublicKeyDetails.PKIX_ED25519;
    case 'rsa':
      return rsaDetails(url, rsaBits(key));
  }
}

function rsaDetails(url: string, bits: number): PublicKeyDetails {
  if (bits === 2048) return PublicKeyDetails.PKIX_RSA_PKCS1V15_2048_SHA256;
  if (bits === 3072) return PublicKeyDetails.PKIX_RSA_PKCS1V15_3072_SHA256;
  if (bits === 4096) return PublicKeyDetails.PKIX_RSA_PKCS1V15_4096_SHA256;
  throw unusable(url, `trusted roots have no name for RSA keys of ${bits} bits`);
}

/** Without a name the hash of the key (RFC 6962, 3.2); with one the key id of signed notes, all of it (C2SP, signed-note.md; rekor-tiles, pkg/note). */
function logId({ algorithm, spki }: PublicKey, origin: string | undefined): Buffer {
  const hash = createHash('sha256');
  // ECDSA keys have their hash as id in notes as well.
  if (origin === undefined || algorithm.startsWith('ecdsa')) return hash.update(spki).digest();
  hash.update(`${origin}\n`);
  // The raw key is the last 32 bytes.
  if (algorithm === 'ed25519') return hash.update(Buffer.of(0x01)).update(spki.subarray(-32)).digest();
  return hash.update(Buffer.of(0xff)).update('PKIX-RSA-PKCS#1v1.5').update(spki).digest();
}

function unusable(url: string, what: string, cause?: unknown): LadingError {
  return new LadingError('ERR_LADING_TRUSTED_ROOT', `${url} cannot be in a trusted root: ${what}`, { cause });
}
