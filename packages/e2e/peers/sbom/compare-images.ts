import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Comparison, compare } from './compare.ts';
import { ladingFinds } from './lading.ts';
import { syftFinds } from './syft.ts';
import { trivyFinds } from './trivy.ts';

/** What syft, trivy and lading find in an image of an OCI layout folder. `cache` is a folder for trivy. */
export async function compareImage(name: string, layout: string, cache: string): Promise<Comparison> {
  const platform = await platformOf(layout);
  const [syft, trivy, lading] = await Promise.all([
    syftFinds(layout, platform),
    trivyFinds(layout, platform, cache),
    ladingFinds(layout, platform),
  ]);
  return compare(name, { syft, trivy, lading: lading.found });
}

interface Manifests {
  readonly manifests: readonly {
    readonly digest: string;
    readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  }[];
}

/** The platform of a layout's image; of an index, of the first one. */
export async function platformOf(layout: string): Promise<string> {
  const read = async (path: string): Promise<Manifests> =>
    JSON.parse(await readFile(join(layout, path), 'utf8')) as Manifests;
  let [image] = (await read('index.json')).manifests;
  while (image !== undefined && image.platform === undefined) {
    [image] = (await read(join('blobs', image.digest.replace(':', '/')))).manifests;
  }
  if (image?.platform === undefined) throw new Error(`${layout} has no image`);
  const { os, architecture, variant } = image.platform;
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
