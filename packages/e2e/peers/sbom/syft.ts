import { peer } from '../peer.ts';
import { output } from '../run.ts';
import { type FoundThing, identityOf } from './identity.ts';

interface SyftArtifact {
  readonly purl: string;
  readonly locations?: readonly { readonly path: string }[];
}

/** What syft finds in an image of an OCI layout folder, by its defaults for images. */
export function syftFinds(layout: string, platform: string): Promise<readonly FoundThing[]> {
  return artifacts('scan', `oci-dir:${layout}`, '--platform', platform);
}

/** What syft makes of somebody's SBOM. */
export function syftConverts(document: string): Promise<readonly FoundThing[]> {
  return artifacts('convert', document);
}

async function artifacts(...args: readonly string[]): Promise<readonly FoundThing[]> {
  // It is not to ask whether there is a newer one of it.
  const env = { SYFT_CHECK_FOR_APP_UPDATE: 'false' };
  const json = await output(peer('syft'), ['--quiet', ...args, '-o', 'syft-json'], { env });
  const { artifacts: found } = JSON.parse(json.toString()) as { readonly artifacts: readonly SyftArtifact[] };
  return found
    .filter(({ purl }) => purl !== '')
    .map(({ purl, locations }) => ({ identity: identityOf(purl), path: locations?.[0]?.path.slice(1) }));
}
