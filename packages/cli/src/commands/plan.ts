import { hasChanges, planDocument, planExitCode } from '@lading/sync';
import { openEntries, rehearse } from '../entries.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeFailure } from '../failure.ts';
import { annotateImages } from '../github.ts';
import { renderFailure } from '../render/failure.ts';
import { renderPlan } from '../render/plan.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { options, output } = invocation;
  const entries = await openEntries(invocation);
  await using places = entries.places;
  const result = await rehearse(entries, invocation);
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
