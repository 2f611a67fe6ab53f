import { join } from 'node:path';
import type { Digest } from '@lading/oci';
import { type Cosign, password } from '../cosign.ts';
import { lading } from '../lading.ts';
import { corpus, peer } from '../peer.ts';
import { output, type RunResult } from '../run.ts';

/** The manifests of an image for two platforms. */
export interface Subjects {
  readonly index: Digest;
  /** Of Wolfi. */
  readonly amd64: Digest;
  /** Of Alpine. */
  readonly arm64: Digest;
}

const crane = (...args: readonly string[]): Promise<Buffer> => output(peer('crane'), [...args, '--insecure']);

/** Puts two images that apko made under a tag, as one for two platforms: a program of somebody else does it all. */
export async function pushSource(reference: string): Promise<Subjects> {
  const digestOf = async (image: string): Promise<Digest> =>
    (await crane('digest', image)).toString().trim() as Digest;
  const images = ['wolfi', 'alpine'].map((name) => `${reference}-${name}`);
  await crane('push', corpus('wolfi'), images[0]!);
  await crane('push', corpus('alpine'), images[1]!);
  await crane('index', 'append', ...images.flatMap((image) => ['-m', image]), '-t', reference);
  const [index, amd64, arm64] = await Promise.all([reference, ...images].map(digestOf));
  return { index: index!, amd64: amd64!, arm64: arm64! };
}

/** `lading` with the key and the files of a user of cosign. */
export function ladingOf(user: Cosign): (...args: readonly string[]) => Promise<RunResult> {
  const env = {
    HOME: user.folder,
    DOCKER_CONFIG: user.folder,
    COSIGN_PASSWORD: password,
    XDG_CACHE_HOME: user.folder,
  };
  return (...args) => lading(args, { cwd: user.folder, env });
}

/** All that a repository says of some images: what is under each of its tags, and what the registry lists, if it does. To be compared byte for byte. */
export async function stateOf(
  { url, host }: { readonly url: string; readonly host: string },
  repository: string,
  subjects: readonly Digest[],
): Promise<ReadonlyMap<string, string>> {
  const state = new Map<string, string>();
  const name = `${host}/${repository}`;
  for (const tag of (await crane('ls', name)).toString().trim().split('\n').sort())
    state.set(tag, (await crane('manifest', `${name}:${tag}`)).toString());
  for (const subject of subjects) {
    const response = await fetch(`${url}/v2/${repository}/referrers/${subject}`);
    const text = await response.text();
    if (!response.ok) continue;
    // One registry lists them in another order each time.
    const { manifests } = JSON.parse(text) as { readonly manifests: readonly object[] };
    state.set(
      subject,
      manifests
        .map((one) => JSON.stringify(one))
        .sort()
        .join('\n'),
    );
  }
  return state;
}

export interface ScannedByTrivy {
  /** `container_image` when it looked into the image itself; else the format of the document that it found. */
  readonly from: string;
  readonly purls: readonly string[];
}

/** What trivy takes an image to have when it looks for an SBOM beside it first. Without a database it is only asked for licences. */
export async function trivyBeside(
  reference: string,
  cache: string,
  platform = 'linux/amd64',
): Promise<ScannedByTrivy> {
  const quiet = ['--quiet', '--offline-scan', '--skip-version-check', '--disable-telemetry'];
  const what = ['--scanners', 'license', '--list-all-pkgs', '--format', 'json', '--cache-dir', cache];
  const where = ['--sbom-sources', 'oci', '--insecure', '--platform', platform, reference];
  const env = { HOME: cache, DOCKER_CONFIG: join(cache, 'docker') };
  const json = await output(peer('trivy'), ['image', ...quiet, ...what, ...where], { env });
  const { ArtifactType, Results = [] } = JSON.parse(json.toString()) as {
    readonly ArtifactType: string;
    readonly Results?: readonly {
      readonly Packages?: readonly { readonly Identifier: { readonly PURL: string } }[];
    }[];
  };
  const packages = Results.flatMap(({ Packages = [] }) => Packages);
  return { from: ArtifactType, purls: packages.map(({ Identifier }) => Identifier.PURL).sort() };
}
