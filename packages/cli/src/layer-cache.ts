import { join, resolve } from 'node:path';
import { folderCache, type LayerCache } from '@lading/sbom';
import { cacheFolder } from './cache-folder.ts';
import type { Invocation } from './verb.ts';

/** What is known of layers from earlier runs: below `--state`, else in the user's cache; nothing with `--no-cache`. */
export function openLayerCache({ context, options }: Invocation): LayerCache | undefined {
  if (options.cache === false) return undefined;
  const folder = options.state === undefined ? cacheFolder(context) : resolve(context.cwd, options.state);
  return folderCache(join(folder, 'layers'), { clock: context.now });
}
