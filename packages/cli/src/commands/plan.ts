import { Pipeline } from '@lading/pipeline';
import { hasChanges, type Plan, planDocument, planExitCode } from '@lading/sync';
import { describeLook, type Entries, openEntries } from '../entries.ts';
import { pipelineOver } from '../entry-pipeline.ts';
import { openEntrySigning } from '../entry-signing.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeFailure } from '../failure.ts';
import { annotateImages } from '../github.ts';
import { openProgress } from '../progress/progress.ts';
import { renderFailure } from '../render/failure.ts';
import { renderPlan } from '../render/plan.ts';
import type { Invocation, Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { options, output } = invocation;
  const entries = await openEntries(invocation);
  await using places = entries.places;
  const result = await look(entries, invocation);
  output.document({ ...planDocument(result), requests: places.requests() });
  for (const line of renderPlan(result, output.paintResult, entries.positionOf)) output.result(line);

  for (const { action, error, destination } of result.images) {
    if (action !== 'failed') continue;
    for (const line of renderFailure(describeFailure(error), output.paint, destination)) output.warn(line);
  }
  annotateImages(
    invocation.context,
    result.images.map((image) => ({ ...image, image, outcome: image.action })),
    entries.positionOf,
  );
  const exitCode = planExitCode(result);
  return exitCode === 0 && options.detailedExitcode && hasChanges(result) ? exitCodes.changes : exitCode;
};

/** A plan that nobody carries out; while it is made, what is looked at is shown. */
async function look(entries: Entries, invocation: Invocation): Promise<Plan> {
  await using signing = await openEntrySigning(entries, invocation, 'rehearse');
  using progress = openProgress(invocation.context, invocation.options);
  const pipeline = new Pipeline(...pipelineOver(entries, signing, invocation, 'rehearse'));
  return await pipeline.plan((event) => {
    if (event.type === 'entry:planned') progress.status(describeLook(event));
    if (event.type === 'notice') progress.notice(event.message);
  });
}
