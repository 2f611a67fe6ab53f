import { createHash, type KeyObject } from 'node:crypto';
import {
  type CtLog,
  signedCertificateTimestamp,
  timestampListExtension,
  unknownCtLog,
} from '../ct/ct-log.ts';
import type { Authority } from '../pki/authority.ts';
import {
  type CertificateFields,
  distinguishedName,
  makeCertificate,
  randomSerial,
  toBeSigned,
} from '../pki/certificate.ts';
import {
  authorityKeyIdentifier,
  type ExtendedKeyUsage,
  extendedKeyUsage,
  keyUsage,
  type SubjectName,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../pki/extensions.ts';
import { certificatePem, generateKeys, type KeyKind, type KeyPair, signWith, spkiOf } from '../pki/key.ts';
import { type Claims, factExtensions, identityOf } from './claims.ts';

export interface CertificateOptions {
  /** Whom it is for, by the claims of an OIDC token. */
  readonly claims?: Claims | undefined;
  /** Subject alternative names in place of the one that follows from the claims: none, several, with characters that do not belong there. */
  readonly names?: readonly SubjectName[] | undefined;
  /** Further or other values for the OIDs 1.3.6.1.4.1.57264.1.N, by N; an empty text leaves one out. */
  readonly facts?: Readonly<Record<number, string>> | undefined;
  /** Default now and ten minutes later. */
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
  /** Default `['codeSigning']`; an empty list leaves the extension out. */
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[] | undefined;
  /**
   * The certificate transparency log's timestamp: a good one (default), none, one over another certificate, one of a log that nobody knows,
   * or the same one twice.
   */
  readonly timestamp?: 'good' | 'none' | 'forged' | 'unknown log' | 'twice' | undefined;
  /** Who gets it; default a new key of this kind (default P-256). */
  readonly keys?: KeyPair | undefined;
  readonly keyKind?: KeyKind | undefined;
}

/** A certificate together with the key that it is for. */
export interface TestCertificate {
  /** DER. */
  readonly certificate: Buffer;
  readonly pem: string;
  /** DER of the certificates above it, the root last. */
  readonly chain: readonly Buffer[];
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Signs with the hash that goes with the key. */
  sign(bytes: Uint8Array): Buffer;
}

const validMs = 10 * 60_000;

/** Who issues a certificate, and when. */
export interface Issuing {
  readonly authority: Authority;
  readonly ctLog: CtLog;
  readonly now: Date;
}

/** DER of a certificate as Fulcio issues it, or worse. */
export function issueCertificate(
  { authority, ctLog, now }: Issuing,
  publicKey: KeyObject,
  options: CertificateOptions,
): Buffer {
  const identity = identityOf(options.claims ?? {});
  const facts = new Map(identity.facts);
  for (const [id, value] of Object.entries(options.facts ?? {})) facts.set(Number(id), value);
  const uses = options.extendedKeyUsage ?? ['codeSigning'];
  const names = options.names ?? [identity.subject];
  const notBefore = options.notBefore ?? now;
  const fields: CertificateFields = {
    serial: randomSerial(),
    issuer: authority.name,
    subject: distinguishedName(),
    notBefore,
    notAfter: options.notAfter ?? new Date(notBefore.getTime() + validMs),
    publicKey,
    extensions: [
      keyUsage('digitalSignature'),
      ...(uses.length > 0 ? [extendedKeyUsage(uses)] : []),
      subjectKeyIdentifier(publicKey),
      authorityKeyIdentifier(authority.keys.publicKey),
      ...(names.length > 0 ? [subjectAlternativeName(names)] : []),
      ...factExtensions(facts),
    ],
  };
  const timestamps = timestampsFor(fields, { authority, ctLog, now: notBefore }, options.timestamp ?? 'good');
  const extensions = [...fields.extensions, ...timestamps];
  return makeCertificate({ ...fields, extensions }, authority.keys.privateKey);
}

function timestampsFor(
  fields: CertificateFields,
  { authority, ctLog, now }: Issuing,
  how: NonNullable<CertificateOptions['timestamp']>,
): readonly Buffer[] {
  if (how === 'none') return [];
  // A promise to show another certificate: one with another serial number.
  const logged =
    how === 'forged' ? { ...fields, serial: createHash('sha1').update(fields.serial).digest() } : fields;
  const timestamp = signedCertificateTimestamp(how === 'unknown log' ? unknownCtLog() : ctLog, {
    toBeSigned: toBeSigned(logged, authority.keys.privateKey),
    issuerKey: spkiOf(authority.keys.publicKey),
    time: now,
  });
  return [timestampListExtension(how === 'twice' ? [timestamp, timestamp] : [timestamp])];
}

/** A certificate with a key of its own. */
export function makeTestCertificate(issuing: Issuing, options: CertificateOptions): TestCertificate {
  const keys = options.keys ?? generateKeys(options.keyKind ?? 'P-256');
  const certificate = issueCertificate(issuing, keys.publicKey, options);
  return {
    ...keys,
    certificate,
    pem: certificatePem(certificate),
    chain: issuing.authority.chain,
    sign: (bytes) => signWith(keys.privateKey, bytes),
  };
}
