import { apply, type PlannedImage, plan, reportDocument, type SyncReport, syncExitCode } from '@lading/sync';
import { type Entries, openEntries, planContext, saveLock } from '../entries.ts';
import { annotateImages, openLogGroup } from '../github.ts';
import { openProgress } from '../progress/progress.ts';
import { eventDocument } from '../render/events.ts';
import { renderResult, summariseReport } from '../render/report.ts';
import type { Invocation, Run } from '../verb.ts';
import { run as runPlan } from './plan.ts';

/** Names longer than this stick out instead of pushing all columns away. */
const maxNameWidth = 70;

export const run: Run = async (invocation) => {
  if (invocation.options.dryRun) return runPlan(invocation);
  const { context, output } = invocation;
  const started = context.now();
  const entries = await openEntries(invocation);
  await using places = entries.places;
  const report = await bringUpToDate(entries, invocation);
  await places.finish();
  annotateImages(context, report.results, entries.positionOf);
  const requests = places.requests();
  output.document({ ...reportDocument(report), requests });
  output.result(summariseReport({ ...report, durationMs: context.now() - started }, requests));
  return syncExitCode(report);
};

/** Plans and applies, and shows how it goes. */
async function bringUpToDate(entries: Entries, invocation: Invocation): Promise<SyncReport> {
  const { context, options, output } = invocation;
  using _group = openLogGroup(context, 'lading sync');
  using progress = openProgress(context, options);
  const planned = await plan(entries.entries, planContext(entries, invocation, 'write', progress));
  progress.status('');
  await saveLock(entries, planned, invocation);

  const nameWidth = widthOfNames(planned.images);
  return await apply(planned, {
    clock: context.now,
    concurrency: options.concurrency,
    signal: context.signal,
    onEvent(event) {
      output.event(eventDocument(event));
      switch (event.type) {
        case 'entry:start':
          if (event.image.work !== undefined) progress.start(event.image.destination);
          return;
        case 'entry:progress':
          progress.observe(event.image.destination, event.event);
          if (event.event.type === 'notice')
            progress.say(`  ! ${event.image.destination}: ${event.event.message}`);
          return;
        case 'entry:done': {
          const lines = renderResult(event.result, output.paint, entries.positionOf, nameWidth);
          const { outcome, image } = event.result;
          if (outcome === 'failed') progress.failed(image.destination, lines);
          else progress.done(image.destination, lines);
          return;
        }
      }
    },
  });
}

/** How wide the column of names is among the lines to come. */
function widthOfNames(images: readonly PlannedImage[]): number {
  let width = 0;
  for (const { action, destination } of images) {
    if (action !== 'same' && destination.length <= maxNameWidth) width = Math.max(width, destination.length);
  }
  return width;
}
