import type { Bom, OperatingSystem } from '../bom.ts';
import type { BomDiff, Change, DiffLayer, ImageName } from './bom-diff.ts';
import { diffPackages } from './diff-packages.ts';

/** What is different between two images, or two states of one. Pure: the same two give the same, and turned round the opposite. */
export function diffBoms(before: Bom, after: Bom): BomDiff {
  const os = sameSystem(before, after) ? undefined : change(systemName(before.os), systemName(after.os));
  const platform = changeOfKnown(platformName(before), platformName(after));
  const size = { before: sizeOf(before), after: sizeOf(after) };
  const layers = diffLayers(before, after);
  const { packages, licenses } = diffPackages(before, after);
  const lists = [packages.added, packages.removed, packages.changed, licenses];
  const otherLayers = layers.removed.length > 0 || layers.added.length > 0;
  const isSame =
    os === undefined &&
    platform === undefined &&
    lists.every(({ length }) => length === 0) &&
    !(otherLayers && namesLayers(before) && namesLayers(after));
  return {
    before: imageName(before),
    after: imageName(after),
    isSame,
    ...(os !== undefined && { os }),
    ...(platform !== undefined && { platform }),
    size,
    layers,
    packages,
    licenses,
  };
}

function imageName({ subject: { name, descriptor } }: Bom): ImageName {
  return { name, digest: descriptor.digest };
}

function change(before: string | undefined, after: string | undefined): Change<string> | undefined {
  if (before === after) return undefined;
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

/** syft has the point release where os-release has none: `debian 12.15` is a `debian 12`. Where one side may just not tell, that is no change. */
function sameSystem(before: Bom, after: Bom): boolean {
  const [one, other] = [before.os, after.os];
  if (one === undefined || other === undefined) return !namesLayers(before) || !namesLayers(after);
  const [shorter = '', longer = ''] = [one.versionId ?? '', other.versionId ?? ''].sort();
  return one.id === other.id && (shorter === longer || longer.startsWith(`${shorter}.`));
}

/** SBOMs of other programs seldom tell a platform, and a folder has none: that is no change. */
function changeOfKnown(before: string | undefined, after: string | undefined): Change<string> | undefined {
  return before === undefined || after === undefined ? undefined : change(before, after);
}

/** `debian 12.5`: what advisories go by, and not what it calls itself for people. */
function systemName(os: OperatingSystem | undefined): string | undefined {
  return os?.versionId ? `${os.id} ${os.versionId}` : os?.id;
}

function platformName({ subject: { platform } }: Bom): string | undefined {
  if (platform === undefined) return undefined;
  const { os, architecture, variant } = platform;
  return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
}

function sizeOf(bom: Bom): number {
  return layersOf(bom).reduce((sum, { size }) => sum + size, 0);
}

/** What there is to compare: a folder has no layers, most SBOMs of other programs name none, and trivy's name them by their digests alone, in the order of these. */
function layersOf({ subject: { layers } }: Bom): Bom['subject']['layers'] {
  return layers.some(({ size }) => size === 0) ? [] : layers;
}

function namesLayers(bom: Bom): boolean {
  return layersOf(bom).length > 0;
}

/** Layers are the same by their content: one that was only compressed anew is no other. */
function diffLayers(before: Bom, after: Bom): BomDiff['layers'] {
  const [left, right] = [layersOf(before), layersOf(after)];
  let shared = 0;
  while (shared < left.length && left[shared]!.diffId === right[shared]?.diffId) shared += 1;
  return { shared, removed: left.slice(shared).map(layer), added: right.slice(shared).map(layer) };
}

function layer({ digest, diffId, size, createdBy }: Bom['subject']['layers'][number]): DiffLayer {
  return { digest, diffId, size, ...(createdBy !== undefined && { createdBy }) };
}
