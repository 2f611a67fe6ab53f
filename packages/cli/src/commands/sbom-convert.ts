import { exitCodes } from '../exit-codes.ts';
import { bomDocument, sayBom } from '../render/boms.ts';
import { openSbomFile } from '../sbom/operand.ts';
import { plannedOutputs, putBoms } from '../sbom/outputs.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  if (options.sbomOutput === undefined && !options.json) {
    throw usageError('it is not said into what', 'For example: -o spdx-json.');
  }
  const outputs = options.sbomOutput === undefined ? [] : plannedOutputs(invocation, 'cyclonedx-json');
  const { format, version, bom } = await openSbomFile(args[0]!, context);
  const files = await putBoms([bom], outputs, invocation);
  output.document({ format, version, ...bomDocument(bom), files });
  sayBom(bom, output);
  for (const file of files) output.say(`  ${output.paint('good', '✓')} ${file}`);
  return exitCodes.ok;
};
