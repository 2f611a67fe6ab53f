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
import { exactJson } from './exact-json.ts';
import { attachedAs, enumeration, programNames, signerName } from './signatures.ts';

/**
 * What a good verdict comes down to, a line for each thing that is said of the image: by whom, in which formats, and who else can read that.
 * @param subject How the image is named.
 */
export function acceptedLines({ accepted, readers }: Verdict, subject: string): string[] {
  const programs = programNames(readers.map(({ program }) => program));
  const readable = programs.length === 0 ? '' : `; readable by ${programs.join(', ')}`;
  return [...Map.groupBy(accepted, claimOf)].map(([claim, some]) => {
    const who = enumeration(some.map(({ signer }) => signerName(signer)).toSorted());
    const where = enumeration(some.map(({ location }) => attachedAs(location)));
    return `${subject} ${claim} by ${who} (${where}${readable})`;
  });
}

function claimOf({ claim }: AcceptedSignature): string {
  return claim.kind === 'signature'
    ? 'is signed'
    : `has an attestation of type ${predicateTypeName(claim.predicateType)}`;
}

/** What those who can read it have to be told, a line for each. */
export function needLines({ readers }: Verdict): string[] {
  const byNeeds = Map.groupBy(
    readers.filter(({ needs }) => needs.length > 0),
    ({ needs }) => needs.join(' '),
  );
  return [...byNeeds].map(
    ([needs, some]) => `    ${programNames(some.map(({ program }) => program)).join(', ')}: ${needs}`,
  );
}

const otherInstance =
  'Is the trusted root (--trusted-root) that of the Sigstore instance it was signed with?';

/** Hints for refusals that something can be done about, the likeliest first. */
const hints: readonly (readonly [code: RejectionCode, hint: string])[] = [
  ['annotations', '-a asks for what the signature says of the image.'],
  [
    'log-missing',
    'Without an entry of a trusted log it counts with --insecure-ignore-tlog alone; with a key, without --trusted-root, too.',
  ],
  ['time-missing', otherInstance],
  ['bad-certificate', otherInstance],
  ['bad-signature', 'Somebody has changed it, or it was damaged: sign again.'],
];

/**
 * The error for a bad verdict: every signature that was found, with its reason.
 * @param noun What was looked for: `signature`.
 * @param hint What to do, where the caller knows better.
 */
export function verdictProblem(
  verdict: Verdict,
  noun: string,
  hint?: string | undefined,
): LadingError | undefined {
  const error = verdictError(verdict);
  if (error === undefined) return undefined;
  const { subject, reasons, rejected, signers } = verdict;
  if (error.code === 'ERR_LADING_UNSIGNED') {
    return new LadingError(error.code, error.message, { hint: hint ?? error.hint });
  }
  const what = signers.found > 0 ? `valid ${noun} by enough signers` : `valid ${noun}`;
  const known = hints.find(([code]) => rejected.some((one) => one.code === code))?.[1];
  const lines = [`no ${what} of ${subject.digest}:`, ...reasons.map((reason) => `  ${reason}`)];
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
          payload: exactJson(Buffer.from(claim.statement.bytes).toString('utf8')),
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
