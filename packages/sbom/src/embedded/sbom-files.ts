import type { FileHead } from '../cataloguer.ts';
import { baseOf } from '../layer/path.ts';

/**
 * True for files whose name or place says that they are SBOMs: those of apko and melange (`var/lib/db/sbom/NAME.spdx.json`), Bitnami
 * (`opt/bitnami/NAME/.spdx-NAME.spdx`), in wheels (PEP 770: `NAME.dist-info/sboms/`), and by the names that the formats recommend.
 */
export function isSbomFile({ path }: FileHead): boolean {
  if (/\.(?:spdx|cdx|syft)\.json$|\.(?:spdx|cdx)$|\.cdx\.xml$/.test(baseOf(path))) return true;
  return /(?:^|\/)usr\/local\/share\/sbom\/[^/]+\.(?:json|xml)$|\.dist-info\/sboms\/./.test(path);
}

/** What images of Bitnami have where there are no SBOMs yet. */
export function isBitnamiList({ path }: FileHead): boolean {
  return /(?:^|\/)opt\/bitnami\/\.bitnami_components\.json$/.test(path);
}
