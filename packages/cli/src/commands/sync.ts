import { apply, type Plan, plan, reportDocument, type SyncReport, syncExitCode } from '@lading/sync';
import { type Entries, openEntries, planContext, saveLock } from '../entries.ts';
import { describeFailure } from '../failure.ts';
import { annotate, openLogGroup } from '../github.ts';
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
  const planned = await plan(entries.entries, planContext(entries, invocation, 'write'));
  await saveLock(entries, planned, invocation);

  const report = await carryOut(planned, entries, invocation);
  await places.finish();
  annotate(context, failuresOf(report, entries));
  const requests = places.requests();
  output.document({ ...reportDocument(report), requests });
  output.result(summariseReport({ ...report, durationMs: context.now() - started }, requests));
  return syncExitCode(report);
};

/** Applies the plan and shows how it goes. */
async function carryOut(planned: Plan, { positionOf }: Entries, invocation: Invocation): Promise<SyncReport> {
  const { context, options, output } = invocation;
  const names = planned.images
    .filter(({ action }) => action !== 'same')
    .map(({ destination }) => destination.length);
  const nameWidth = Math.min(maxNameWidth, Math.max(0, ...names));
  using _group = openLogGroup(context, 'lading sync');
  using progress = openProgress(context, options);
  return apply(planned, {
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
          const lines = renderResult(event.result, output.paint, positionOf, nameWidth);
          const { outcome, image } = event.result;
          if (outcome === 'failed') progress.failed(image.destination, lines);
          else progress.done(image.destination, lines);
          return;
        }
      }
    },
  });
}

function failuresOf({ results }: SyncReport, { positionOf }: Entries) {
  return results.flatMap(({ image, outcome, error }) =>
    outcome === 'failed'
      ? [{ subject: image.destination, failure: describeFailure(error), position: positionOf(image) }]
      : [],
  );
}
