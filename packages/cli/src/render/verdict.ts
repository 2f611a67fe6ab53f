import { LadingError } from '@lading/oci';
import {
  type AcceptedSignature,
  predicateTypeName,
  type RejectedSignature,
  type RejectionCode,
  type Verdict,
  type VerifiedSigner,
  verdictError,
} from '@lading/sign';
import { attachedAs, enumeration, programNames, signerName } from './signatures.ts';

/**
 * What a good verdict comes down to: who signed, in which formats, and who else can read that; then a line for each program that has to be
 * told something.
 * @param subject How the image is named.
 */
export function acceptedLines(verdict: Verdict, subject: string): string[] {
  const { accepted, readers } = verdict;
  const programs = programNames(readers.map(({ program }) => program));
  const readable = programs.length === 0 ? '' : `; readable by ${programs.join(', ')}`;
  const byType = Map.groupBy(accepted, claimOf);
  const lines = [...byType].map(([claim, some]) => {
    const who = enumeration(some.map(({ signer }) => signerName(signer)));
    const where = enumeration(some.map(({ location }) => attachedAs(location)));
    return `${subject} ${claim} by ${who} (${where}${readable})`;
  });
  return [...lines, ...needLines(verdict)];
}

function claimOf({ claim }: AcceptedSignature): string {
  return claim.kind === 'signature'
    ? 'is signed'
    : `has an attestation of type ${predicateTypeName(claim.predicateType)}`;
}

function needLines({ readers }: Verdict): string[] {
  const byNeeds = Map.groupBy(
    readers.filter(({ needs }) => needs.length > 0),
    ({ needs }) => needs.join(' '),
  );
  return [...byNeeds].map(
    ([needs, some]) => `    ${programNames(some.map(({ program }) => program)).join(', ')}: ${needs}`,
  );
}

/** A hint for each kind of refusal that something can be done about, the likeliest first. */
const hints: readonly (readonly [RejectionCode, hint: string])[] = [
  [
    'log-missing',
    'Without an entry of a trusted log it counts with --insecure-ignore-tlog alone; with a key, without --trusted-root too.',
  ],
  ['time-missing', 'Is the trusted root (--trusted-root) that of the Sigstore instance it was signed with?'],
  [
    'bad-certificate',
    'Is the trusted root (--trusted-root) that of the Sigstore instance it was signed with?',
  ],
  ['other-subject', 'Signatures of another image do not count; was something copied under a wrong tag?'],
];

/**
 * The error for a bad verdict: every signature that was found, with its reason.
 * @param hint What to do, where the caller knows better.
 */
export function verdictProblem(verdict: Verdict, hint?: string | undefined): LadingError | undefined {
  const error = verdictError(verdict);
  if (error === undefined) return undefined;
  const { subject, reasons, rejected, signers } = verdict;
  if (error.code === 'ERR_LADING_UNSIGNED') {
    return new LadingError(error.code, error.message, { hint: hint ?? error.hint });
  }
  const enough = signers.found > 0 ? 'enough valid signatures' : 'valid signature';
  const known = hints.find(([code]) => rejected.some((one) => one.code === code))?.[1];
  const lines = [`no ${enough} of ${subject.digest}:`, ...reasons.map((reason) => `  ${reason}`)];
  return new LadingError(error.code, lines.join('\n'), { hint: hint ?? known });
}

/** A verdict as plain data, for `--json`. */
export function verdictDocument({ ok, accepted, rejected, signers, reasons, readers }: Verdict): object {
  return {
    ok,
    signers,
    accepted: accepted.map(acceptedDocument),
    rejected: rejected.map(({ location, code, message }: RejectedSignature) => ({
      ...location,
      code,
      message,
    })),
    reasons,
    readers,
  };
}

function acceptedDocument({ location, signer, witnessed, claim, annotations }: AcceptedSignature): object {
  return {
    ...location,
    signer: signerDocument(signer),
    witnessed,
    annotations,
    ...(claim.kind === 'signature'
      ? { reference: claim.reference }
      : {
          predicateType: claim.predicateType,
          document: claim.document,
          payload: JSON.parse(Buffer.from(claim.statement.bytes).toString('utf8')) as unknown,
        }),
  };
}

/** Who signed, as plain data. */
export function signerDocument(signer: VerifiedSigner): object {
  if (signer.kind === 'identity') {
    const { identity, issuer, certificate } = signer;
    return { kind: 'identity', identity, issuer, workflow: certificate.workflow };
  }
  const { name, algorithm, hint } = signer.key;
  return { kind: 'key', name, algorithm, fingerprint: hint };
}
