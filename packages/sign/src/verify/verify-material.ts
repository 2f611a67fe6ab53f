import { signedBytes } from '../formats/dsse.ts';
import type { SignatureMaterial } from '../material.ts';
import { checkCertificateUse } from './certificate-use.ts';
import { findSigner } from './find-signer.ts';
import { checkLogEntries, type VerifiedEntry } from './log-entry.ts';
import { checkAtMoment, type Moment } from './moment.ts';
import { Rejected } from './rejected.ts';
import { type Rules, rulesOf } from './rules.ts';
import { timestampsOfTrusted } from './timestamps.ts';
import type { MaterialVerdict, TrustPolicy, VerifiedSigner, Witnessed } from './types.ts';

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
    checkCertificateUse(certificate.facts, times);
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
