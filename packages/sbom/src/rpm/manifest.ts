import { linesOf } from '../os/control-file.ts';
import type { InstalledPackage } from '../os/installed-package.ts';
import { sourceOf } from './header.ts';

/**
 * `container-manifest-2` of images without rpm (Azure Linux, formerly CBL-Mariner): a line for each package with name, version and
 * release, times of installing and building, vendor, epoch, size, architecture, epoch as a number, and source, with tabs between them.
 */
export function parseRpmManifest(text: string): InstalledPackage[] {
  const packages: InstalledPackage[] = [];
  for (const line of linesOf(text)) {
    const fields = line.split('\t');
    const [name, version, , , vendor, epochField, , arch, , sourceFile] = fields;
    if (fields.length < 10 || !name || !version || name === 'gpg-pubkey') continue;
    const epoch = /^\d{1,9}$/.test(epochField ?? '') ? Number(epochField) : undefined;
    packages.push({
      name,
      version,
      arch: said(arch),
      epoch,
      supplier: said(vendor),
      ...sourceOf(sourceFile, epoch),
    });
  }
  return packages;
}

function said(value: string | undefined): string | undefined {
  return value === '' || value === '(none)' ? undefined : value;
}
