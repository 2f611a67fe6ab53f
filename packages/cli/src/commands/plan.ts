import { hasChanges, planDocument } from '@lading/sync';
import { openEntries, rehearse } from '../entries.ts';
import { exitCodeOfEntries, exitCodes } from '../exit-codes.ts';
import { describeFailure } from '../failure.ts';
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

  const failures = result.images.flatMap((image) => {
    if (image.action !== 'failed') return [];
    const failure = describeFailure(image.error);
    for (const line of renderFailure(failure, output.paint, image.destination)) output.warn(line);
    return failure;
  });
  if (failures.length > 0) return exitCodeOfEntries(failures, result.images.length);
  return options.detailedExitcode && hasChanges(result) ? exitCodes.changes : exitCodes.ok;
};
