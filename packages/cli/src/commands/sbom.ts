import { type Bom, type CataloguedImages, withoutBase } from '@lading/sbom';
import { exitCodes } from '../exit-codes.ts';
import { bomDocument, sayBom } from '../render/boms.ts';
import { plannedOutputs, putBoms } from '../sbom/outputs.ts';
import { openSbomRun, type SbomRun } from '../sbom/run.ts';
import { catalogueSource, folderOf } from '../sbom/source.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const [source = ''] = args;
  if (options.name?.trim() === '')
    throw usageError('--name names nothing', 'Leave it out, or write --name NAME.');
  const isForPeople = context.stdout.isTTY === true && options.file === undefined;
  const outputs = plannedOutputs(invocation, isForPeople ? 'table' : 'cyclonedx-json');
  await using sbom = await openSbomRun(invocation);
  const { sbomPlatform: platform, allLayers, name } = options;
  const choice = 'Choose one with --platform, or take them all with --platform all.';
  const found = await catalogueSource(source, sbom, { platform, allLayers, name, choice });
  const { root, images } = options.base === undefined ? found : await withoutBases(found, options.base, sbom);
  // The index comes first, as it says which documents are to come.
  const boms = images.includes(root) ? images : [root, ...images];
  sbom.endProgress();
  // A folder is as it is now: nothing in it says of when that is.
  const made = folderOf(source) === undefined ? undefined : new Date(context.now());
  const files = await putBoms(boms, outputs, invocation, made);
  output.document({ image: source, images: boms.map(bomDocument), files });
  for (const bom of boms) sayBom(bom, output);
  for (const file of files) output.say(`  ${output.paint('good', '✓')} ${file}`);
  return exitCodes.ok;
};

/** Each image without what the base has for its platform. */
async function withoutBases(
  { root, images }: CataloguedImages,
  base: string,
  run: SbomRun,
): Promise<CataloguedImages> {
  const left: Bom[] = [];
  for (const image of images) {
    const platform = folderOf(base) === undefined ? image.subject.platform : undefined;
    const { root: below } = await catalogueSource(base, run, { platform });
    left.push(withoutBase(image, below));
  }
  return { root: images.includes(root) ? left[0]! : root, images: left };
}
