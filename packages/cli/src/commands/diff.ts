import { diffBoms, diffLines } from '@lading/sbom';
import { exitCodes } from '../exit-codes.ts';
import { sayBom } from '../render/boms.ts';
import { renderDiff } from '../render/diff.ts';
import { bomOf } from '../sbom/operand.ts';
import { openSbomRun } from '../sbom/run.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, output } = invocation;
  const [before = '', after = ''] = args;
  if (before === '-' && after === '-') throw usageError('standard input can be read once', 'Name a file.');
  await using sbom = await openSbomRun(invocation);
  const common = { platform: options.platform?.[0], allLayers: options.allLayers };
  // One after the other: what both have is read once.
  const first = await bomOf(before, sbom, common);
  const second = await bomOf(after, sbom, common);
  sbom.endProgress();
  const diff = diffBoms(first, second);
  output.document(diff);
  for (const line of renderDiff(diffLines(diff), output.paintResult)) output.result(line);
  for (const bom of [first, second]) sayBom(bom, output);
  return options.detailedExitcode && !diff.isSame ? exitCodes.changes : exitCodes.ok;
};
