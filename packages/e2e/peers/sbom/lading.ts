import { type Bom, catalogue, purlOf } from '@lading/sbom';
import { openLayout } from '@lading/store';
import { type FoundThing, identityOf } from './identity.ts';

/** What lading finds in an image of an OCI layout folder. */
export async function ladingFinds(
  layout: string,
  platform: string,
): Promise<{ readonly bom: Bom; readonly found: readonly FoundThing[] }> {
  const [os = '', architecture = '', variant] = platform.split('/');
  const bom = await catalogue(await openLayout(layout), 'latest', {
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
  });
  const found = bom.packages.flatMap((pkg) => {
    const purl = purlOf(pkg, bom.os);
    return purl === undefined ? [] : [{ identity: identityOf(purl), path: pkg.evidence[0]?.path }];
  });
  return { bom, found };
}
