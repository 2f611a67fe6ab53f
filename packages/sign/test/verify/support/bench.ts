import { createHash, sign } from 'node:crypto';
import {
  type CertificateOptions,
  createSigstore,
  generateKeys,
  type KeyKind,
  type Sigstore,
  type SigstoreOptions,
} from '@lading/testkit/sigstore';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { TransparencyLogEntry as LogEntryCodec, TrustedRoot } from '@sigstore/protobuf-specs';
import { signedBytes } from '../../../src/formats/dsse.ts';
import type { IdentityAuthority, SignatureMaterial, SignedContent, TrustPolicy } from '../../../src/index.ts';
import { hashOf } from '../../../src/keys/algorithm.ts';
import { LocalPrivateKey } from '../../../src/keys/local-key.ts';

/** When everything happens, unless a test says otherwise. */
export const noon: Date = new Date('2026-05-01T12:00:00Z');

export function minutes(count: number, from: Date = noon): Date {
  return new Date(from.getTime() + count * 60_000);
}

export const message: SignedContent = {
  kind: 'message',
  bytes: Buffer.from('{"critical":{"identity":{"docker-reference":"example.com/app"}}}'),
};

export const envelope: SignedContent & { kind: 'envelope' } = {
  kind: 'envelope',
  payloadType: 'application/vnd.in-toto+json',
  payload: Buffer.from('{"_type":"https://in-toto.io/Statement/v1","subject":[]}'),
};

export const person: string = 'someone@example.com';

export type EntryKind =
  | 'hashedrekord 0.0.1'
  | 'rekord 0.0.1'
  | 'dsse 0.0.1'
  | 'intoto 0.0.2'
  | 'intoto 0.0.1'
  | 'hashedrekord 0.0.2'
  | 'dsse 0.0.2';

/** What an entry says. */
export interface Logged {
  readonly content: SignedContent;
  readonly signature: Uint8Array;
  /** PEM. */
  readonly verifier: string;
  readonly hash?: string | undefined;
}

/** A signer without anything that witnesses its signature. */
export interface Hand {
  readonly verifier: string;
  readonly hash: string;
  sign(bytes: Uint8Array): Uint8Array;
  readonly claim: SignatureMaterial['signer'];
}

/** A Sigstore in memory, and signatures that it witnesses. */
export class Bench {
  time: Date = noon;
  readonly sigstore: Sigstore;
  readonly root: TrustedRoot;
  readonly someone: IdentityAuthority;

  constructor(options: SigstoreOptions = {}) {
    this.sigstore = createSigstore({ clock: () => this.time, ...options });
    this.root = TrustedRoot.fromJSON(this.sigstore.trustedRoot);
    this.someone = {
      kind: 'identity',
      identity: { exact: person },
      issuer: { exact: this.sigstore.issuerUrl },
    };
  }

  policy(more: Partial<TrustPolicy> = {}): TrustPolicy {
    return { authorities: [this.someone], trustedRoot: this.root, ...more };
  }

  certified(options: CertificateOptions = {}): Hand {
    const { certificate, pem, chain, sign, publicKey } = this.sigstore.certificate(options);
    return {
      verifier: pem,
      hash: hashFor(publicKey.asymmetricKeyDetails?.namedCurve),
      sign,
      claim: { kind: 'certificate', certificate, chain },
    };
  }

  /** A signature with a certificate and an entry in Rekor v1. */
  keyless(content: SignedContent = message, options: CertificateOptions = {}): SignatureMaterial {
    const hand = this.certified(options);
    const made = bare(hand, content);
    return { ...made, logEntries: [this.entry(kindFor(content), logged(hand, made))] };
  }

  /** Writes an entry to the log that has such entries. */
  entry(kind: EntryKind, of: Logged, sigstore: Sigstore = this.sigstore): TransparencyLogEntry {
    const { rekor, rekorV2 } = sigstore;
    const body = { ...nameOf(kind), spec: specs[kind](of) };
    const json =
      kind === 'hashedrekord 0.0.2' || kind === 'dsse 0.0.2'
        ? rekorV2.addCanonical(body)
        : rekor.addCanonical(body).transparencyLogEntry;
    return entryFrom(json);
  }
}

export function kindFor(content: SignedContent): EntryKind {
  return content.kind === 'message' ? 'hashedrekord 0.0.1' : 'dsse 0.0.1';
}

export function entryFrom(json: unknown): TransparencyLogEntry {
  return LogEntryCodec.fromJSON(json) as TransparencyLogEntry;
}

export function keyHand(kind: KeyKind = 'P-256'): Hand & {
  readonly key: LocalPrivateKey['publicKey'];
  readonly privateKey: ReturnType<typeof generateKeys>['privateKey'];
} {
  const { privateKey } = generateKeys(kind);
  const local = new LocalPrivateKey(privateKey, 'test.key');
  const { publicKey: key } = local;
  return {
    key,
    privateKey,
    verifier: key.pem,
    hash: hashFor(key.keyObject.asymmetricKeyDetails?.namedCurve),
    sign: (bytes) => sign(hashOf[key.algorithm], bytes, privateKey),
    claim: { kind: 'key', hint: key.hint },
  };
}

export function bare(hand: Hand, content: SignedContent = message): SignatureMaterial {
  return {
    content,
    signature: hand.sign(signedBytes(content)),
    signer: hand.claim,
    logEntries: [],
    timestamps: [],
  };
}

export function logged({ verifier, hash }: Hand, { content, signature }: SignatureMaterial): Logged {
  return { content, signature, verifier, hash };
}

/** Flips one bit, counted from the first byte's highest. */
export function flip(bytes: Uint8Array, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
  return flipped;
}

export function envelopeJson({
  content,
  signature,
}: Pick<SignatureMaterial, 'content' | 'signature'>): Buffer {
  if (content.kind !== 'envelope') throw new TypeError('not an envelope');
  const { payloadType, payload } = content;
  const sig = base64(signature);
  return Buffer.from(
    JSON.stringify({ payloadType, payload: base64(payload), signatures: [{ keyid: '', sig }] }),
  );
}

export function base64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('base64');
}

function nameOf(kind: EntryKind): { readonly kind: string; readonly apiVersion: string } {
  const [name = '', apiVersion = ''] = kind.split(' ');
  return { kind: name, apiVersion };
}

const specs: Readonly<Record<EntryKind, (of: Logged) => object>> = {
  'hashedrekord 0.0.1': ({ content, signature, verifier, hash = 'sha256' }) => ({
    data: { hash: hexHash(signedBytes(content), hash) },
    signature: { content: base64(signature), publicKey: { content: base64(verifier) } },
  }),
  'rekord 0.0.1': ({ content, signature, verifier }) => ({
    data: { hash: hexHash(signedBytes(content)) },
    signature: { content: base64(signature), format: 'x509', publicKey: { content: base64(verifier) } },
  }),
  'dsse 0.0.1': (of) => ({
    envelopeHash: hexHash(envelopeJson(of)),
    payloadHash: hexHash(payloadOf(of)),
    signatures: [{ signature: base64(of.signature), verifier: base64(of.verifier) }],
  }),
  'intoto 0.0.2': (of) => ({
    content: {
      envelope: {
        payloadType: envelope.payloadType,
        signatures: [{ publicKey: base64(of.verifier), sig: base64(base64(of.signature)) }],
      },
      hash: hexHash(envelopeJson(of)),
      payloadHash: hexHash(payloadOf(of)),
    },
  }),
  'intoto 0.0.1': (of) => ({
    content: { hash: hexHash(envelopeJson(of)) },
    publicKey: base64(of.verifier),
  }),
  'hashedrekord 0.0.2': ({ content, signature, verifier, hash = 'sha256' }) => ({
    hashedRekordV002: {
      data: { algorithm: hash.replace('sha', 'SHA2_'), digest: base64(digest(signedBytes(content), hash)) },
      signature: { content: base64(signature), verifier: protoVerifier(verifier) },
    },
  }),
  'dsse 0.0.2': (of) => ({
    dsseV002: {
      payloadHash: { algorithm: 'SHA2_256', digest: base64(digest(payloadOf(of))) },
      signatures: [{ content: base64(of.signature), verifier: protoVerifier(of.verifier) }],
    },
  }),
};

function hashFor(curve: string | undefined): string {
  return curve === 'secp384r1' ? 'sha384' : curve === 'secp521r1' ? 'sha512' : 'sha256';
}

function payloadOf({ content }: Logged): Uint8Array {
  return content.kind === 'envelope' ? content.payload : content.bytes;
}

function digest(bytes: Uint8Array, hash = 'sha256'): Buffer {
  return createHash(hash).update(bytes).digest();
}

function hexHash(bytes: Uint8Array, algorithm = 'sha256'): object {
  return { algorithm, value: digest(bytes, algorithm).toString('hex') };
}

function protoVerifier(pem: string): object {
  const der = pem.replaceAll(/-----.*-----|\s/g, '');
  const keyDetails = 'PKIX_ECDSA_P256_SHA_256';
  return pem.includes('CERTIFICATE')
    ? { keyDetails, x509Certificate: { rawBytes: der } }
    : { keyDetails, publicKey: { rawBytes: der } };
}
