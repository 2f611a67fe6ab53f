import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ASN1Obj, X509Certificate } from '@sigstore/core';
import type { WorkflowClaims } from '../authority.ts';

/** What a certificate says of who may use its key. Nothing here is proven before the certificate is verified. */
export interface CertificateDescription {
  /** The subject alternative names: e-mail addresses, URIs, DNS names, and Fulcio's user names. Those with control characters are left out. */
  readonly identities: readonly string[];
  /** The OIDC issuer. */
  readonly issuer: string | undefined;
  /** Fulcio's claims about a GitHub workflow. */
  readonly workflow: WorkflowClaims;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** SHA-256 of the DER, hexadecimal. */
  readonly fingerprint: string;
  /** Whether the key may sign other certificates. */
  readonly isAuthority: boolean;
  /** Whether the key is meant for signing code. */
  readonly isForCodeSigning: boolean;
  /** OIDs of critical extensions whose meaning is not known here: who does not understand them must not accept the certificate (RFC 5280 4.2). */
  readonly notUnderstood: readonly string[];
}

const utf8StringTag = 0x0c;
const sequenceTag = 0x30;

/** Fulcio's are of 1 to 3 KiB. */
const maxCertificateBytes = 16_384;
const maxIdentities = 64;
/** 20 arcs are much already; reading absurdly long ones takes quadratic time (CVE-2025-66564). */
const maxOidBytes = 64;

const fulcio = '1.3.6.1.4.1.57264.1';
const oids = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  issuerRaw: `${fulcio}.1`,
  issuer: `${fulcio}.8`,
  userName: `${fulcio}.7`,
} as const;

const understood: readonly string[] = [
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.extendedKeyUsage,
];

/** Raw texts, not DER (sigstore/fulcio, docs/oid-info.md). */
const workflowOids: Readonly<Record<keyof WorkflowClaims, string>> = {
  trigger: `${fulcio}.2`,
  sha: `${fulcio}.3`,
  name: `${fulcio}.4`,
  repository: `${fulcio}.5`,
  ref: `${fulcio}.6`,
};

/** Reads a certificate (DER) for people and for comparing; nothing when it cannot be read or is beyond all measure. Never throws. */
export function describeCertificate(der: Uint8Array): CertificateDescription | undefined {
  try {
    return descriptionOf(parseCertificate(der), der);
  } catch {
    return undefined;
  }
}

/**
 * Reads a certificate, strictly: with both places that name the kind of its signature in agreement (RFC 5280 4.1.1.2).
 * @throws when it is none.
 */
export function parseCertificate(der: Uint8Array): X509Certificate {
  if (der.byteLength > maxCertificateBytes) throw new RangeError('the certificate is too large');
  const root = parseDer(der);
  const [toBeSigned, algorithm, signature, ...more] = root.subs;
  const isWellFormed =
    root.tag.toDER() === sequenceTag &&
    toBeSigned?.tag.toDER() === sequenceTag &&
    toBeSigned.subs[2]?.toDER().equals(algorithm!.toDER()) &&
    signature?.tag.isBitString() &&
    signature.value[0] === 0 &&
    more.length === 0;
  if (!isWellFormed) throw new RangeError('the certificate is malformed');
  return new X509Certificate(root);
}

/**
 * Reads DER, with a check of what takes long to look at.
 * @throws when it is not DER, or has an object identifier of absurd length.
 */
export function parseDer(der: Uint8Array): ASN1Obj {
  const root = ASN1Obj.parseBuffer(Buffer.from(der));
  const open = [root];
  for (let element = open.pop(); element !== undefined; element = open.pop()) {
    if (element.tag.isOID() && element.value.byteLength > maxOidBytes) {
      throw new RangeError('an object identifier is too long');
    }
    open.push(...element.subs);
  }
  return root;
}

function descriptionOf(certificate: X509Certificate, der: Uint8Array): CertificateDescription {
  const extensions = extensionsOf(certificate);
  const { notBefore, notAfter } = certificate;
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) throw new RangeError('no date');
  const canCertify = certificate.extKeyUsage?.keyCertSign ?? false;
  const text = (oid: string): string | undefined => {
    const value = extensions.get(oid);
    return value && printable(value);
  };
  return {
    identities: identitiesOf(extensions.get(oids.subjectAltName)),
    issuer: extensions.has(oids.issuer) ? utf8StringOf(extensions.get(oids.issuer)!) : text(oids.issuerRaw),
    workflow: {
      trigger: text(workflowOids.trigger),
      sha: text(workflowOids.sha),
      name: text(workflowOids.name),
      repository: text(workflowOids.repository),
      ref: text(workflowOids.ref),
    },
    notBefore,
    notAfter,
    serialNumber: certificate.serialNumber.toString('hex'),
    fingerprint: createHash('sha256').update(der).digest('hex'),
    isAuthority: canCertify || (certificate.extBasicConstraints?.isCA ?? false),
    isForCodeSigning: usesOf(extensions.get(oids.extendedKeyUsage)).includes(oids.codeSigning),
    notUnderstood: criticalOf(certificate).filter((oid) => !understood.includes(oid)),
  };
}

/** The contents of the extensions by OID. One that is there twice could mean two things, and is forbidden (RFC 5280 4.2). */
function extensionsOf(certificate: X509Certificate): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const extension of certificate.extensions) {
    const oid = extension.subs[0]!.toOID();
    if (found.has(oid)) throw new RangeError(`the extension ${oid} is there twice`);
    const value = extension.subs.at(-1)!;
    if (!value.tag.isOctetString()) throw new RangeError(`the extension ${oid} has no value`);
    found.set(oid, value.value);
  }
  return found;
}

function criticalOf(certificate: X509Certificate): readonly string[] {
  return certificate.extensions
    .filter(({ subs }) => subs.length === 3 && subs[1]!.toBoolean())
    .map(({ subs }) => subs[0]!.toOID());
}

function usesOf(extension: Buffer | undefined): readonly string[] {
  return extension === undefined ? [] : parseDer(extension).subs.map((use) => use.toOID());
}

function identitiesOf(extension: Buffer | undefined): readonly string[] {
  if (extension === undefined) return [];
  const names = parseDer(extension).subs;
  if (names.length > maxIdentities) throw new RangeError('the certificate has too many names');
  return names.flatMap((name) => identityOf(name) ?? []);
}

/** A GeneralName (RFC 5280 4.2.1.6), of the kinds that name a signer. */
function identityOf(name: ASN1Obj): string | undefined {
  const [type, wrapped] = name.subs;
  if (name.tag.isContextSpecific(0)) {
    const isUserName = type?.tag.isOID() && type.toOID() === oids.userName;
    return isUserName && wrapped?.subs.length === 1 ? utf8StringOf(wrapped.subs[0]!.toDER()) : undefined;
  }
  const isText = [1, 2, 6].some((kind) => name.tag.isContextSpecific(kind)) && !name.tag.constructed;
  return isText && name.value.every((byte) => byte < 0x80) ? printable(name.value) : undefined;
}

function utf8StringOf(der: Buffer): string | undefined {
  const element = parseDer(der);
  return element.tag.toDER() === utf8StringTag ? printable(element.value) : undefined;
}

/** Line breaks and their like are in no honest name, and fool patterns and readers. */
function printable(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text === '' || /[\p{Cc}\u2028\u2029]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
