import { formatPlatform, printable } from '@lading/oci';
import { type Bom, packageTable, purlOf } from '@lading/sbom';
import type { Output } from '../output.ts';

/** Notes that are shown of one image. */
const maxNotes = 20;

/** Says which image was looked at, what was found, and what has to be known of that; nothing of it is the result. */
export function sayBom(bom: Bom, output: Output): void {
  const { name, descriptor, platform, base } = bom.subject;
  const parts = [
    `${name}@${descriptor.digest}`,
    ...(platform === undefined ? [] : [formatPlatform(platform)]),
    packageTable(bom).summary,
    ...(base === undefined ? [] : [`without what ${base.name} has`]),
  ];
  output.say(`  ${output.paint('good', '✓')} ${printable(parts.join(' · '))}`);
  const { notes, packages, variants } = bom;
  for (const { message } of notes.slice(0, maxNotes)) output.say(`    ! ${printable(message)}`);
  if (notes.length > maxNotes) output.say(`    ! and ${notes.length - maxNotes} more`);
  if (packages.length === 0 && variants === undefined && base === undefined) {
    output.say('    ! nothing in it is a package of a kind that is known here');
  }
}

/** A BOM as plain data, for `--json`. */
export function bomDocument({ subject, os, packages, dependencies, notes, variants }: Bom): object {
  const { name, descriptor, platform, created, layers, base } = subject;
  return {
    name,
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    platform: platform && formatPlatform(platform),
    created,
    base: base && { name: base.name, digest: base.descriptor.digest },
    layers,
    os,
    packages: packages.map((found) => ({ purl: purlOf(found, os), ...found })),
    dependencies,
    notes,
    images: variants?.map((image) => ({
      digest: image.descriptor.digest,
      platform: image.platform && formatPlatform(image.platform),
    })),
  };
}
