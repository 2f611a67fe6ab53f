import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SbomOptions } from '@lading/pipeline';
import type { Invocation } from './verb.ts';

/** Writes the SBOMs of entries with an `artifactName` into the working folder: `NAME.cdx.json`, and `NAME-linux-arm64.cdx.json` of each image of an index. */
export function sbomFiles({ context }: Invocation): NonNullable<SbomOptions['keep']> {
  return async ({ platform, suffix, content }, artifactName) => {
    const name = platform === undefined ? artifactName : `${artifactName}-${platform}`;
    const path = join(context.cwd, `${name}${suffix}`);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await writeFile(temporary, content, { flag: 'wx', signal: context.signal });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  };
}
