import { join } from 'node:path';
import type { SbomOptions } from '@lading/pipeline';
import { replaceFile } from './replace-file.ts';
import type { Invocation } from './verb.ts';

/** Writes the SBOMs of entries with an `artifactName` into the working folder: `NAME.cdx.json`, and `NAME-linux-arm64.cdx.json` of each image of an index. */
export function sbomFiles({ context }: Invocation): NonNullable<SbomOptions['keep']> {
  return async ({ platform, suffix, content }, artifactName) => {
    const name = platform === undefined ? artifactName : `${artifactName}-${platform}`;
    await replaceFile(join(context.cwd, `${name}${suffix}`), [content], context.signal);
  };
}
