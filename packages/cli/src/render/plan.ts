import type { ConfigPosition } from '@lading/config';
import { countActions, hasChanges, type Plan, type PlanAction, type PlannedImage } from '@lading/sync';
import type { Paint, Role } from '../paint.ts';
import { alignColumns } from './columns.ts';
import { count, formatBytes, shortDigest } from './quantities.ts';

const signs: Readonly<Record<PlanAction, readonly [sign: string, role: Role]>> = {
  create: ['+', 'good'],
  retag: ['+', 'good'],
  update: ['~', 'change'],
  complete: ['+', 'good'],
  same: ['=', 'quiet'],
  prune: ['-', 'bad'],
  blocked: ['!', 'change'],
  failed: ['✗', 'bad'],
};

/** Where an image's entry stands in the configuration, when that is known. */
export type PositionOf = (image: PlannedImage) => ConfigPosition | undefined;

/** `  (config.yaml:14)`, or nothing. */
export function formatPosition(position: ConfigPosition | undefined): string {
  return position === undefined ? '' : `  (${position.file}:${position.line})`;
}

/** A plan as a table: one line per image, then what it comes down to. */
export function renderPlan(plan: Plan, paint: Paint, positionOf: PositionOf): string[] {
  const rows = alignColumns(
    plan.images.map((image) => [
      shortReference(image.source),
      `→ ${image.destination}`,
      verbOf(image),
      detail(image, positionOf),
    ]),
  );
  const lines = plan.images.map((image, index) => {
    const [sign, role] = signs[image.action];
    const line = `  ${paint(role, sign)} ${rows[index]!.join('  ').trimEnd()}`;
    return image.action === 'same' ? paint('quiet', line) : line;
  });
  return [...lines, summarisePlan(plan)];
}

/** What is done, in a word. */
function verbOf({ action, reason }: PlannedImage): string {
  return action === 'complete' && reason?.code === 'unsigned' ? 'sign' : action;
}

/** A pinned source is known by the start of its digest; `--json` has all of it. */
function shortReference(reference: string): string {
  return reference.replace(/@(sha\d+:[0-9a-f]{8})[0-9a-f]+$/, '@$1…');
}

/** `1 to create · 1 to update · 1 same · 17.3 MB to move`. */
function summarisePlan(plan: Plan): string {
  const { create, retag, update, complete, prune, same, blocked, failed } = countActions(plan);
  const counts = [
    [create + retag, 'to create'],
    [update, 'to update'],
    [complete, 'to sign'],
    [prune, 'to delete'],
    [same, 'same'],
    [blocked, 'blocked'],
    [failed, 'failed'],
  ] as const;
  const shown = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  if (shown.length === 0) return 'no entries';
  const bytes = plan.images.reduce((sum, image) => sum + image.bytesToMove, 0);
  return [...shown, hasChanges(plan) ? `${formatBytes(bytes)} to move` : 'nothing to do'].join(' · ');
}

function detail(image: PlannedImage, positionOf: PositionOf): string {
  const { action, digest, previous, reason, platforms, bytesToMove, bytesMounted } = image;
  const size =
    bytesMounted > 0
      ? `${formatBytes(bytesToMove)} (${formatBytes(bytesMounted)} mounted)`
      : formatBytes(bytesToMove);
  const why = reason === undefined ? '' : reason.message;
  switch (action) {
    case 'same':
      return digest === undefined ? '' : shortDigest(digest);
    case 'create':
      return join(platforms !== undefined && count(platforms, 'platform'), size, why);
    case 'retag':
      return join(digest !== undefined && shortDigest(digest), `${formatBytes(0)} to move`, why);
    case 'update':
      return join(`${shortDigest(previous ?? 'nothing')} → ${shortDigest(digest ?? 'nothing')}`, size, why);
    case 'complete':
      return join(digest !== undefined && shortDigest(digest), why);
    case 'prune':
      return join(previous !== undefined && shortDigest(previous), why);
    case 'blocked':
    case 'failed': {
      const code = (image.error as { code?: string } | undefined)?.code;
      return `${why || (code ?? '')}${formatPosition(positionOf(image))}`;
    }
  }
}

function join(...parts: (string | false | undefined)[]): string {
  return parts.filter((part) => part !== '' && part !== false && part !== undefined).join(' · ');
}
