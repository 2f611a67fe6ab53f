import { isLadingError } from '@lading/oci';
import type { ImageResult, SyncReport } from './apply-types.ts';
import type { Plan, ReasonCode } from './plan-types.ts';

/** What a process tells that ran a sync. */
export type SyncExitCode = 0 | 1 | 4 | 5 | 7 | 130;

/** Reasons for which an image is rightly not written: it waits, or it was only to be told of. */
const harmless: ReadonlySet<ReasonCode> = new Set(['too-young', 'report-only']);

/** What is there is not what it should be; hooks throw the last two. */
const notVerified: readonly string[] = [
  'ERR_LADING_CONTENT_MISMATCH',
  'ERR_LADING_UNSIGNED',
  'ERR_LADING_UNVERIFIED',
];
/** Nobody gets in with these credentials: neither into a registry nor, where a hook signs, into a key service or with an identity token. */
const notLoggedIn: readonly string[] = [
  'ERR_LADING_UNAUTHORIZED',
  'ERR_LADING_TOKEN',
  'ERR_LADING_KEY_SERVICE',
];

/**
 * 130 interrupted; 4 credentials are missing or wrong; 5 content or a signature did not verify; 7 some images failed; 1 all of them did; 0 fine.
 * Of several the first one counts.
 */
export function syncExitCode(report: SyncReport): SyncExitCode {
  return report.interrupted ? 130 : failuresExitCode(report.results.filter(isBad), report.results.length);
}

/** The same for a plan, which fails where its images cannot be looked at. */
export function planExitCode({ images }: Pick<Plan, 'images'>): SyncExitCode {
  return failuresExitCode(
    images.filter(({ action }) => action === 'failed'),
    images.length,
  );
}

/** A refused login concerns the whole run and counts before all; a refused push (`ERR_LADING_DENIED`) concerns one repository. */
function failuresExitCode(
  bad: readonly { readonly error?: unknown; readonly reason?: { readonly code: ReasonCode } | undefined }[],
  images: number,
): SyncExitCode {
  if (bad.length === 0) return 0;
  const codes = new Set(bad.map(({ error }) => (isLadingError(error) ? error.code : undefined)));
  if (notLoggedIn.some((code) => codes.has(code))) return 4;
  const refused = bad.some(({ reason }) => reason?.code === 'not-admitted');
  if (refused || notVerified.some((code) => codes.has(code))) return 5;
  return bad.length < images ? 7 : 1;
}

function isBad({ outcome, reason }: ImageResult): boolean {
  if (outcome === 'failed') return true;
  return outcome === 'blocked' && (reason === undefined || !harmless.has(reason.code));
}
