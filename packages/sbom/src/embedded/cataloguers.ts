import type { Cataloguer } from '../cataloguer.ts';
import { embeddedSbom } from './embedded-sbom.ts';

/** SBOMs inside of images. */
export const embeddedCataloguers: readonly Cataloguer[] = [embeddedSbom];
