import { createHash } from 'node:crypto';
import type { Cataloguer } from '../cataloguer.ts';

/** The name under which hashes of files are found in a tree. */
export const fileHashesName = 'file-hashes';

/**
 * Hashes every file, so that packages can tell those that are theirs: `[...defaultCataloguers, fileHashes]`. Packages of systems, and of languages
 * whose installers keep a list, then have a property `file.PATH` with the SHA-256 for each of their files that is in the image.
 */
export const fileHashes: Cataloguer = {
  name: fileHashesName,
  version: 1,
  probe() {
    const hash = createHash('sha256');
    return {
      write: (chunk) => void hash.update(chunk),
      end: () => ({ sha256: hash.digest('hex') }),
    };
  },
  catalogue: () => ({ packages: [] }),
};
