import { binaryCataloguers } from '../binary/cataloguers.ts';
import type { Cataloguer } from '../cataloguer.ts';
import { embeddedCataloguers } from '../embedded/cataloguers.ts';
import { languageCataloguers } from '../language/cataloguers.ts';
import { alpm } from '../os/alpm.ts';
import { apk } from '../os/apk.ts';
import { dpkg } from '../os/dpkg.ts';
import { opkg } from '../os/opkg.ts';
import { osRelease } from '../os/os-release.ts';
import { rpm } from '../rpm/rpm.ts';

/** Everything that is looked for in an image, unless somebody wants less or more. */
export const defaultCataloguers: readonly Cataloguer[] = Object.freeze([
  osRelease,
  apk,
  dpkg,
  rpm,
  alpm,
  opkg,
  ...languageCataloguers,
  ...binaryCataloguers,
  ...embeddedCataloguers,
]);
