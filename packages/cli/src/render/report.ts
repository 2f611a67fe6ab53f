import type { PipelineReport, PipelineResult, SbomResult, SignatureResult } from '@lading/pipeline';
import { countOutcomes } from '@lading/sync';
import { describeFailure } from '../failure.ts';
import type { Paint } from '../paint.ts';
import { renderFailure } from './failure.ts';
import { formatPosition, type PositionOf } from './plan.ts';
import { count, formatBytes, formatDuration, shortDigest } from './quantities.ts';

/** The lines about one image that is done; none for what was as it should be. */
export function renderResult(
  result: PipelineResult,
  paint: Paint,
  positionOf: PositionOf,
  nameWidth: number,
): string[] {
  const { image, outcome, digest, reason, bytesMoved, bytesMounted, durationMs } = result;
  const name = image.destination.padEnd(nameWidth);
  const short = digest === undefined ? '' : `${shortDigest(digest)}  `;
  const attached = [sbomWords(result.sbom), signatureWords(result.signature)].filter((words) => words !== '');
  const time = `${attached.map((words) => ` · ${words}`).join('')}   ${formatDuration(durationMs)}`;
  // Looked up only where it is shown: it takes reading the file again.
  const where = (): string => formatPosition(positionOf(image));
  switch (outcome) {
    case 'same':
      return [];
    case 'created':
    case 'updated': {
      const mounted = bytesMounted > 0 ? ` · ${formatBytes(bytesMounted)} mounted` : '';
      return [`  ${paint('good', '✓')} ${name}   ${short}copied ${formatBytes(bytesMoved)}${mounted}${time}`];
    }
    case 'completed':
      return [
        `  ${paint('good', '✓')} ${name}   ${short}${attached.join(' · ') || 'complete'}   ${formatDuration(durationMs)}`,
      ];
    case 'retagged':
      return [`  ${paint('good', '✓')} ${name}   ${short}retagged${time}`];
    case 'pruned':
      return [`  ${paint('good', '-')} ${name}   deleted, no longer in ${image.source}${time}`];
    case 'kept':
      return [`  ${paint('change', '!')} ${name}   kept: ${reason?.message ?? 'no longer wanted'}${where()}`];
    case 'blocked':
      return [`  ${paint('change', '!')} ${name}   blocked: ${reason?.message ?? 'not written'}${where()}`];
    case 'failed':
      return renderFailure(describeFailure(result.error), paint, `${image.destination}${where()}`);
    case 'interrupted':
      return [`  ${paint('change', '!')} ${name}   interrupted`];
  }
}

/** `14 packages`. */
function sbomWords(sbom: SbomResult | undefined): string {
  if (sbom?.packages === undefined) return sbom?.outcome === 'present' ? 'SBOM before' : '';
  return sbom.packages === 0 ? 'no packages' : count(sbom.packages, 'package');
}

function signatureWords(signature: SignatureResult | undefined): string {
  return signature === undefined ? '' : words[signature.outcome];
}

const words: Readonly<Record<SignatureResult['outcome'], string>> = {
  signed: 'signed',
  present: 'signed before',
  replaced: 'signed anew',
};

/** Whether an image that was complete but for what belongs to it got SBOMs. */
function isCatalogued({ results }: PipelineReport): boolean {
  return results.some(({ outcome, sbom }) => outcome === 'completed' && sbom?.outcome === 'attached');
}

/** `3 changed · 1 failed · 3.4 MB moved · 41 requests · 0.6 s`. */
export function summariseReport(report: PipelineReport, requests: number): string {
  const { created, updated, retagged, completed, same, pruned, kept, blocked, failed, interrupted } =
    countOutcomes(report);
  const changed = created + updated + retagged;
  const counts = [
    [changed, 'changed'],
    [completed, isCatalogued(report) ? 'completed' : 'signed'],
    [pruned, 'deleted'],
    [same, 'same'],
    [kept, 'kept'],
    [blocked, 'blocked'],
    [failed, 'failed'],
    [interrupted, 'interrupted'],
  ] as const;
  const shown = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  if (shown.length === 0) shown.push('no entries');
  if (changed + completed + pruned + failed + interrupted + blocked === 0) shown.push('nothing to do');
  if (report.bytesMoved > 0) shown.push(`${formatBytes(report.bytesMoved)} moved`);
  return [...shown, count(requests, 'request'), formatDuration(report.durationMs)].join(' · ');
}
