import { looksLikeBackup } from './backup.ts';
import { listTags } from './expand.ts';
import type { PlanContext, PlannedImage, Reason, TagSelection } from './plan-types.ts';
import type { TagVerdict } from './tag-filter.ts';
import { nameOf, type PreparedEntry } from './target.ts';

/** Few enough that a mistake can be mended. */
const defaultMaxDelete = 10;

/** Verdicts of tags that are wanted, or may be in a run without lock. */
const spared: ReadonlySet<TagVerdict> = new Set(['selected', 'too-young', 'not-locked']);

/** Tags that registries and cosign make of digests: they belong to an image that is there under another name. */
const digestTag = /^sha(?:256|512)-[0-9a-f]{32,}/;

/** Why tags are kept although nobody wants them: what should be in their place is not. */
export const entryFailedReason: Reason = {
  code: 'entry-failed',
  message: 'another image of this entry failed, so nothing is deleted',
};

/**
 * Plans what becomes of destination tags that an entry's filter would let in and that are no longer wanted.
 * Tags outside the filter, sources and destinations of other entries, backups and digest tags are left alone.
 * @throws {CopyError} of the destination's listing.
 */
export async function planPrune(
  of: PreparedEntry,
  selection: TagSelection,
  around: { readonly isUsed: (name: string) => boolean; readonly entryFailed: boolean },
  context: PlanContext,
): Promise<readonly PlannedImage[]> {
  const { entry, destination, filter } = of;
  if (entry.prune === undefined || filter === undefined) return [];
  const held = await listTags(destination.store, 'destination', context.signal);
  const unwanted = held.filter((tag) => {
    const verdict = selection.verdicts.get(tag);
    if (verdict !== undefined && spared.has(verdict)) return false;
    if (filter.judge(tag) !== 'selected' || digestTag.test(tag)) return false;
    if (entry.backup !== undefined && looksLikeBackup(entry.backup, tag)) return false;
    return !around.isUsed(nameOf(destination.store, tag));
  });

  const reason = around.entryFailed ? entryFailedReason : forbiddenBy(of, selection, unwanted.length);
  const blocked = reason !== undefined && reason.code !== 'report-only';
  return unwanted.map((tag) => ({
    entry,
    index: of.index,
    source: selection.source,
    destination: nameOf(destination.store, tag),
    action: blocked ? 'blocked' : 'prune',
    reason,
    bytesToMove: 0,
    bytesMounted: 0,
    prunes: reason === undefined ? { store: destination.store, tag } : undefined,
  }));
}

function forbiddenBy({ entry }: PreparedEntry, selection: TagSelection, count: number): Reason | undefined {
  const wanted = [...selection.verdicts.values()].some(
    (verdict) => verdict === 'selected' || verdict === 'too-young',
  );
  if (!wanted) {
    const why = selection.verdicts.size === 0 ? 'has no tags' : 'has no tag that the filter selects';
    return { code: 'nothing-selected', message: `${selection.source} ${why}, so nothing is pruned` };
  }
  if (entry.prune === 'report') return { code: 'report-only', message: 'the entry says "prune: report"' };
  const maxDelete = entry.maxDelete ?? defaultMaxDelete;
  if (count > maxDelete) {
    return {
      code: 'too-many-to-delete',
      message: `${count} tags would be deleted, and "maxDelete" is ${maxDelete}: none is`,
    };
  }
  return undefined;
}
