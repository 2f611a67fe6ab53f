import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { LadingError } from '@lading/oci';
import type { RFC3161Timestamp, X509Certificate } from '@sigstore/core';
import { type SignedEntity, VerificationError, Verifier } from '@sigstore/verify';
import { signedBytes } from '../formats/dsse.ts';
import { type PublicKey, publicKey } from '../keys/public-key.ts';
import type { SignatureMaterial } from '../material.ts';
import { type CertificateDescription, describeCertificate, parseCertificate } from './certificate.ts';
import { WithoutPromises } from './certificate-log.ts';
import { checkLogEntries, type VerifiedEntry } from './log-entry.ts';
import { Rejected } from './rejected.ts';
import { type Rules, rulesOf } from './rules.ts';
import { timestampsOfTrusted } from './timestamps.ts';
import type { MaterialVerdict, RejectionCode, TrustPolicy, VerifiedSigner, Witnessed } from './types.ts';

/** As sigstore-go has them. An honest signature has one or two. */
const maxLogEntries = 32;
const maxTimestamps = 32;
/** Log entries repeat the signature and the certificate, never the payload. */
const maxLogBodyBytes = 1_048_576;

/**
 * Judges one signature by a policy: whether it is by somebody who is trusted, and witnessed as the policy wants it. Offline, and without
 * looking at the clock: a certificate is good or bad at the time that a trusted log or timestamp authority states.
 *
 * Stricter than cosign in these: an identity has to match as a whole; a certificate of which no trusted time is known is refused (cosign takes
 * the current time); a wrong entry of a trusted log, and a wrong timestamp of a trusted authority, spoil the signature even when another is
 * right; intermediate certificates come from the trusted root alone, those sent along are not looked at.
 *
 * @returns a verdict, also for content that cannot be read at all
 * @throws {LadingError} `ERR_LADING_TRUST_POLICY`, `ERR_LADING_TRUSTED_ROOT`: only for a policy that cannot be carried out.
 */
export function verifyMaterial(material: SignatureMaterial, policy: TrustPolicy): MaterialVerdict {
  const rules = rulesOf(policy);
  try {
    return { ok: true, ...judge(material, rules) };
  } catch (error) {
    if (error instanceof Rejected) return { ok: false, ...error.rejection };
    // Whatever else goes wrong comes of the content; it must not stop the verification of its neighbours.
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'malformed', message: `it cannot be read: ${why}` };
  }
}

/** Who signed, and what that is known by. */
interface FoundSigner {
  readonly signer: VerifiedSigner;
  readonly key: PublicKey;
  readonly certificate?:
    | { readonly der: Uint8Array; readonly parsed: X509Certificate; readonly facts: CertificateDescription }
    | undefined;
}

function judge(
  material: SignatureMaterial,
  rules: Rules,
): { readonly signer: VerifiedSigner; readonly witnessed: Witnessed } {
  checkSizes(material);
  const signed = signedBytes(material.content);
  const found = findSigner(material, signed, rules);
  const { signer, key, certificate } = found;

  const rule = rules.log[signer.kind];
  const entries =
    rule === 'ignored'
      ? []
      : checkLogEntries(material.logEntries, rules.trust.logs, {
          material,
          signed,
          key,
          certificate: certificate?.der,
        });
  const timestamps = timestampsOfTrusted(material.timestamps, rules.trust.material);
  checkLogRule(rule, entries, { material, rules, hasTimestamp: timestamps.length > 0 });

  const moments: readonly Moment[] = [
    ...timestamps.map((timestamp) => ({ $case: 'timestamp-authority', timestamp }) as const),
    ...entries
      .filter(({ time }) => time !== undefined)
      .map(({ entry }) => ({ $case: 'transparency-log', tlogEntry: entry }) as const),
  ];
  if (certificate !== undefined) {
    const times = [
      ...timestamps.map(({ signingTime }) => signingTime),
      ...entries.flatMap(({ time }) => time ?? []),
    ];
    checkCertificate(certificate.facts, times);
  }
  for (const moment of moments) checkAtMoment(moment, { material, signed, found, rules });

  return {
    signer,
    witnessed: {
      log: entries.map(({ log, index, time }) => ({ url: log.url, index, ...(time && { time }) })),
      timestamps: timestamps.map(({ signingTime }) => signingTime),
    },
  };
}

function checkSizes({ logEntries, timestamps }: SignatureMaterial): void {
  const isTooLarge =
    logEntries.length > maxLogEntries ||
    timestamps.length > maxTimestamps ||
    logEntries.some(({ canonicalizedBody }) => canonicalizedBody.byteLength > maxLogBodyBytes);
  if (isTooLarge)
    throw new Rejected('too-large', 'it has more or larger log entries or timestamps than are read');
}

/**
 * All trusted keys are tried, whatever the signature says of its signer: a hint is no proof. An authority of identities needs a certificate.
 * @throws {Rejected}
 */
function findSigner(material: SignatureMaterial, signed: Uint8Array, rules: Rules): FoundSigner {
  const byKey = rules.keys.find(({ key }) => isSignedBy(key, signed, material.signature));
  if (byKey !== undefined) {
    const { key } = byKey;
    const authorities = rules.keys.filter((authority) => authority.key.hint === key.hint);
    return { key, signer: { kind: 'key', authority: byKey, authorities, key } };
  }
  if (material.signer.kind === 'certificate')
    return signerOfCertificate(material.signer.certificate, { material, signed, rules });
  const { hint } = material.signer;
  if (rules.keys.some(({ key }) => key.hint === hint)) {
    throw new Rejected('bad-signature', 'its signature does not fit to what it is over');
  }
  const who = rules.keys.length === 0 ? 'and no key is trusted' : 'and not with one that is trusted';
  throw new Rejected('other-signer', `it is signed with a key, ${who}`);
}

function signerOfCertificate(
  der: Uint8Array,
  {
    material,
    signed,
    rules,
  }: { readonly material: SignatureMaterial; readonly signed: Uint8Array; readonly rules: Rules },
): FoundSigner {
  if (rules.identities.length === 0) {
    throw new Rejected('other-signer', 'it is signed with a certificate, and not with a key that is trusted');
  }
  const facts = describeCertificate(der);
  if (facts === undefined) throw new Rejected('bad-certificate', 'its certificate cannot be read');
  const matches = rules.identities.flatMap(({ authority, match }) => {
    const matched = match(facts);
    return matched === undefined ? [] : [{ authority, matched }];
  });
  const [first] = matches;
  if (first === undefined) {
    const { identities, issuer } = facts;
    const name = [identities.join(', ') || 'nobody', issuer].filter(Boolean).join(' of ');
    throw new Rejected('other-signer', `its certificate is for ${name.slice(0, 500)}, who is not trusted`);
  }
  const parsed = parseCertificate(der);
  const key = keyOf(parsed);
  if (!isSignedBy(key, signed, material.signature)) {
    throw new Rejected('bad-signature', 'its signature does not fit to what it is over');
  }
  const { authority, matched } = first;
  const authorities = matches.map((one) => one.authority);
  return {
    key,
    certificate: { der, parsed, facts },
    signer: { kind: 'identity', authority, authorities, ...matched, certificate: facts },
  };
}

function keyOf(certificate: X509Certificate): PublicKey {
  try {
    return publicKey(createPublicKey({ key: certificate.publicKey, format: 'der', type: 'spki' }));
  } catch (cause) {
    const why = cause instanceof LadingError ? cause.message : 'its key cannot be read';
    throw new Rejected('bad-certificate', `its certificate cannot be used: ${why}`, { cause });
  }
}

/**
 * With the hash that goes with the key. Versions of cosign before 2 took SHA-256 for every curve, and that still is what cosign 3 expects
 * unless told otherwise; it is no weaker than with P-256.
 */
function isSignedBy(key: PublicKey, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (key.verify(signed, signature)) return true;
    const isLargeCurve = key.algorithm === 'ecdsa-p384' || key.algorithm === 'ecdsa-p521';
    return isLargeCurve && verify('sha256', signed, key.keyObject, signature);
  } catch {
    return false; // some bytes that are no signature are an error to the library
  }
}

function checkLogRule(
  rule: Rules['log']['identity'],
  entries: readonly VerifiedEntry[],
  {
    material,
    rules,
    hasTimestamp,
  }: { readonly material: SignatureMaterial; readonly rules: Rules; readonly hasTimestamp: boolean },
): void {
  const isMissing =
    entries.length === 0 && (rule === 'required' || (rule === 'or-timestamp' && !hasTimestamp));
  if (!isMissing) return;
  const others = material.logEntries.length;
  const instead = others > 0 ? ` (${others} of logs that are not trusted)` : '';
  const orTimestamp = rule === 'or-timestamp' && rules.trust.material.timestampAuthorities.length > 0;
  throw new Rejected(
    'log-missing',
    `it has no entry of a trusted log${instead}${orTimestamp ? ', and no timestamp of a trusted authority' : ''}`,
  );
}

/** What has to hold of a certificate beside who issued it. */
function checkCertificate(facts: CertificateDescription, times: readonly Date[]): void {
  if (facts.isAuthority) {
    throw new Rejected('bad-certificate', 'its certificate is one of an authority, not of a signer');
  }
  if (!facts.isForCodeSigning)
    throw new Rejected('bad-certificate', 'its certificate is not for signing code');
  const [strange] = facts.notUnderstood;
  if (strange !== undefined) {
    throw new Rejected(
      'bad-certificate',
      `its certificate has a critical extension that is not known: ${strange}`,
    );
  }
  if (times.length === 0) {
    throw new Rejected(
      'time-missing',
      'nobody who is trusted says when it was signed, and its certificate is good for a short time only',
    );
  }
  const { notBefore, notAfter } = facts;
  const outside = times.find((time) => time < notBefore || time > notAfter);
  if (outside !== undefined) {
    throw new Rejected(
      'bad-certificate',
      `it was signed at ${outside.toISOString()}, and its certificate is good from ${notBefore.toISOString()} to ${notAfter.toISOString()}`,
    );
  }
}

/** A time that somebody trusted has stated, with how it is known: of log entries that is verified, of timestamps not yet. */
type Moment =
  | { readonly $case: 'timestamp-authority'; readonly timestamp: RFC3161Timestamp }
  | { readonly $case: 'transparency-log'; readonly tlogEntry: VerifiedEntry['entry'] };

/**
 * Whether the timestamp holds, the certificate was issued by a trusted authority whose chain was good at that time, and a certificate log
 * promises to show it: one moment at a time, since the library takes two equal ones for a fraud.
 * @throws {Rejected}
 */
function checkAtMoment(
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
