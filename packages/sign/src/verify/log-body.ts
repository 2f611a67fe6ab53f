import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { fromBase64, type JsonObject, parseJson } from '../formats/json.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignatureMaterial } from '../material.ts';
import { Rejected } from './rejected.ts';

/** A signature, and what a log entry about it has to say. */
export interface LoggedSignature {
  readonly material: SignatureMaterial;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  /** What it was verified with. */
  readonly key: PublicKey;
  /** DER of the certificate that the key was believed for; nothing where the key itself is trusted. */
  readonly certificate: Uint8Array | undefined;
}

/**
 * An entry that is in a log proves nothing of a signature unless it is about that very signature, what it is over, and its key: others' entries
 * are public, and can be put beside anything (CVE-2022-36056, CVE-2026-22703).
 * @throws {Rejected} `bad-log-entry`
 * @throws {MalformedError}
 */
export function checkLogBody(
  { canonicalizedBody, kindVersion }: TransparencyLogEntry,
  about: LoggedSignature,
): void {
  const body = parseJson(canonicalizedBody, 'the body of the log entry');
  const { kind, apiVersion } = body;
  const name = `${kind} ${apiVersion}`;
  // Types of bundles say that it is there; JSON from outside may lack it.
  if (kindVersion && name !== `${kindVersion.kind} ${kindVersion.version}`) throw mismatch('kind');
  const check = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (check === undefined) {
    throw new Rejected(
      'bad-log-entry',
      `its log entry is of a kind that is not supported: ${name.slice(0, 60)}`,
    );
  }
  check(body, about);
}

type BodyCheck = (body: JsonObject, about: LoggedSignature) => void;

/** Rekor v1: pkg/types/KIND/VERSION of sigstore/rekor. Rekor v2: api/proto/rekor/v2 of sigstore/rekor-tiles. */
const kinds: Readonly<Record<string, BodyCheck>> = {
  'hashedrekord 0.0.1': (body, about) => {
    isSame(about.material.signature, base64At(body, 'spec', 'signature', 'content'), 'signature');
    isSameSigner(about, pemAt(body, 'spec', 'signature', 'publicKey', 'content'));
    isDigest(about.signed, hexHash(body, 'spec', 'data', 'hash'));
  },
  'rekord 0.0.1': (body, about) => {
    if (at(body, 'spec', 'signature', 'format') !== 'x509') throw mismatch('kind of signature');
    isSame(about.material.signature, base64At(body, 'spec', 'signature', 'content'), 'signature');
    isSameSigner(about, pemAt(body, 'spec', 'signature', 'publicKey', 'content'));
    isDigest(about.signed, hexHash(body, 'spec', 'data', 'hash'));
  },
  'dsse 0.0.1': (body, about) => {
    isDigest(payloadOf(about), hexHash(body, 'spec', 'payloadHash'));
    const entry = oneOf(listAt(body, 'spec', 'signatures'), about, (one) => base64At(one, 'signature'));
    isSameSigner(about, pemAt(entry, 'verifier'));
  },
  'intoto 0.0.2': (body, about) => {
    isDigest(payloadOf(about), hexHash(body, 'spec', 'content', 'payloadHash'));
    const signatures = listAt(body, 'spec', 'content', 'envelope', 'signatures');
    // The envelope's base64 in that of the API.
    const entry = oneOf(signatures, about, (one) =>
      fromBase64(base64At(one, 'sig').toString('latin1'), 'a signature of the log entry'),
    );
    isSameSigner(about, pemAt(entry, 'publicKey'));
  },
  'intoto 0.0.1': (body, about) => {
    // It has no signature, but the hash of the envelope as it was sent, which has.
    const { timestamped } = about.material;
    if (timestamped === undefined) {
      throw new Rejected(
        'bad-log-entry',
        'its log entry is of an old kind (intoto 0.0.1) that only .att can have',
      );
    }
    payloadOf(about);
    isDigest(timestamped, hexHash(body, 'spec', 'content', 'hash'));
    isSameSigner(about, pemAt(body, 'spec', 'publicKey'));
  },
  'hashedrekord 0.0.2': (body, about) => {
    const spec = ['spec', 'hashedRekordV002'] as const;
    isSame(about.material.signature, base64At(body, ...spec, 'signature', 'content'), 'signature');
    isSameSigner(about, verifierAt(body, ...spec, 'signature', 'verifier'));
    isDigest(about.signed, protoHash(body, ...spec, 'data'));
  },
  'dsse 0.0.2': (body, about) => {
    isDigest(payloadOf(about), protoHash(body, 'spec', 'dsseV002', 'payloadHash'));
    const entry = oneOf(listAt(body, 'spec', 'dsseV002', 'signatures'), about, (one) =>
      base64At(one, 'content'),
    );
    isSameSigner(about, verifierAt(entry, 'verifier'));
  },
};

function mismatch(what: string): Rejected {
  return new Rejected('bad-log-entry', `its log entry is about another ${what}`);
}

function isSame(own: Uint8Array, logged: Uint8Array, what: string): void {
  if (!Buffer.from(own).equals(logged)) throw mismatch(what);
}

function payloadOf({ material: { content } }: LoggedSignature): Uint8Array {
  if (content.kind !== 'envelope') throw mismatch('kind of signature');
  return content.payload;
}

function oneOf(
  entries: readonly unknown[],
  { material }: LoggedSignature,
  signatureOf: (entry: unknown) => Uint8Array,
): unknown {
  const own = entries.find((entry) => Buffer.from(material.signature).equals(signatureOf(entry)));
  if (own === undefined) throw mismatch('signature');
  return own;
}

interface Hash {
  readonly algorithm: unknown;
  readonly value: Uint8Array;
}

const hashNames: Readonly<Record<string, string>> = {
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
};

function isDigest(bytes: Uint8Array, { algorithm, value }: Hash): void {
  const name = typeof algorithm === 'string' ? hashNames[algorithm] : undefined;
  if (name === undefined || !createHash(name).update(bytes).digest().equals(value)) throw mismatch('content');
}

function hexHash(body: unknown, ...path: readonly string[]): Hash {
  const value = at(body, ...path, 'value');
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'hex');
  return { algorithm: at(body, ...path, 'algorithm'), value: bytes };
}

function protoHash(body: unknown, ...path: readonly string[]): Hash {
  return { algorithm: at(body, ...path, 'algorithm'), value: base64At(body, ...path, 'digest') };
}

/** Whom an entry names: a certificate, or a key alone. DER. */
type LoggedSigner = { readonly certificate: Uint8Array } | { readonly spki: Uint8Array };

function isSameSigner({ key, certificate }: LoggedSignature, logged: LoggedSigner): void {
  const isSigner =
    certificate !== undefined
      ? 'certificate' in logged && Buffer.from(certificate).equals(logged.certificate)
      : Buffer.from(key.spki).equals('spki' in logged ? logged.spki : spkiOf(logged.certificate));
  if (!isSigner) throw mismatch(certificate === undefined ? 'key' : 'certificate');
}

function spkiOf(certificate: Uint8Array): Uint8Array {
  return new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
}

function pemAt(body: unknown, ...path: readonly string[]): LoggedSigner {
  const pem = base64At(body, ...path).toString('latin1');
  try {
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return { certificate: new X509Certificate(pem).raw };
    return { spki: createPublicKey(pem).export({ type: 'spki', format: 'der' }) };
  } catch (cause) {
    throw new Rejected('bad-log-entry', 'the key in its log entry cannot be read', { cause });
  }
}

function verifierAt(body: unknown, ...path: readonly string[]): LoggedSigner {
  const certificate = at(body, ...path, 'x509Certificate');
  if (certificate !== undefined) return { certificate: base64At(certificate, 'rawBytes') };
  return { spki: base64At(body, ...path, 'publicKey', 'rawBytes') };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, name) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, name)
        ? (part as JsonObject)[name]
        : undefined,
    value,
  );
}

function base64At(body: unknown, ...path: readonly string[]): Buffer {
  return fromBase64(at(body, ...path), path.join('.'));
}

function listAt(body: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(body, ...path);
  return Array.isArray(list) ? list : [];
}
