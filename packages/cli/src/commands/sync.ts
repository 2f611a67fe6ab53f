import { type PipelineReport, pipelineReportDocument, runPipeline } from '@lading/pipeline';
import { type PlannedImage, syncExitCode } from '@lading/sync';
import { describeLook, type Entries, openEntries, saveLock } from '../entries.ts';
import { pipelineOver } from '../entry-pipeline.ts';
import { type EntrySigning, openEntrySigning } from '../entry-signing.ts';
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
  await using signing = await openEntrySigning(entries, invocation, 'write');
  const report = await bringUpToDate(entries, signing, invocation);
  await places.finish();
  annotateImages(context, report.results, entries.positionOf);
  const requests = places.requests();
  output.document({ ...pipelineReportDocument(report), requests });
  output.result(summariseReport({ ...report, durationMs: context.now() - started }, requests));
  return syncExitCode(report);
};

/** Runs the pipeline, and shows how it goes. */
async function bringUpToDate(
  entries: Entries,
  signing: EntrySigning,
  invocation: Invocation,
): Promise<PipelineReport> {
  const { context, options, output } = invocation;
  using _group = openLogGroup(context, 'lading sync');
  using progress = openProgress(context, options);
  let nameWidth = 0;
  let report: PipelineReport | undefined;
  for await (const event of runPipeline(...pipelineOver(entries, signing, invocation, 'write'))) {
    const document = eventDocument(event);
    if (document !== undefined) output.event(document);
    switch (event.type) {
      case 'entry:planned':
        progress.status(describeLook(event));
        break;
      case 'notice':
        progress.notice(event.message);
        break;
      case 'run:planned':
        progress.status('');
        // Before anything is written.
        await saveLock(entries, event.plan, invocation);
        nameWidth = widthOfNames(event.plan.images);
        break;
      case 'entry:start':
        if (event.image.work !== undefined) progress.start(event.image.destination);
        break;
      case 'entry:progress':
        progress.observe(event.image.destination, event.event);
        if (event.event.type === 'notice')
          progress.notice(`${event.image.destination}: ${event.event.message}`);
        break;
      case 'entry:cataloguing':
        progress.finishing(event.image.destination, 'cataloguing');
        break;
      case 'entry:signing':
        progress.finishing(event.image.destination, 'signing');
        break;
      case 'entry:done': {
        const lines = renderResult(event.result, output.paint, entries.positionOf, nameWidth);
        const { destination } = event.result.image;
        if (event.outcome === 'failed') progress.failed(destination, lines);
        else progress.done(destination, lines);
        break;
      }
      case 'run:done':
        report = event.report;
    }
  }
  // The last event has it.
  return report!;
}

/** How wide the column of names is among the lines to come. */
function widthOfNames(images: readonly PlannedImage[]): number {
  let width = 0;
  for (const { action, destination } of images) {
    if (action !== 'same' && destination.length <= maxNameWidth) width = Math.max(width, destination.length);
  }
  return width;
}
