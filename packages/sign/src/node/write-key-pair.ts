import { randomUUID } from 'node:crypto';
import { access, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LadingError } from '@lading/oci';
import type { KeyPairFiles } from '../keys/generate.ts';

/** Where a key pair is. */
export interface KeyPairPaths {
  /** `cosign.key` */
  readonly privateKey: string;
  /** `cosign.pub` */
  readonly publicKey: string;
}

export interface WriteKeyPairOptions {
  /** Take the place of files that are there. */
  readonly force?: boolean | undefined;
}

/** Only the owner may read a private key, encrypted or not. */
const modes: Readonly<Record<keyof KeyPairPaths, number>> = { privateKey: 0o600, publicKey: 0o644 };

/** The files of a key pair by cosign's rule: `PREFIX.key` and `PREFIX.pub`. */
export function keyPairPaths(prefix: string): KeyPairPaths {
  return { privateKey: `${prefix}.key`, publicKey: `${prefix}.pub` };
}

/**
 * Says no when one of the files is there, so that nobody is asked for a password in vain.
 * @throws {LadingError} `ERR_LADING_KEY`
 */
export async function refuseKeyPairFiles(paths: KeyPairPaths): Promise<void> {
  for (const path of [paths.privateKey, paths.publicKey]) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw alreadyThere(path);
  }
}

/**
 * Writes both files of a key pair. Each appears whole or not at all, and a file that is there stays unless `force` says otherwise.
 * @throws {LadingError} `ERR_LADING_KEY` when a file is there
 */
export async function writeKeyPair(
  paths: KeyPairPaths,
  files: KeyPairFiles,
  options: WriteKeyPairOptions = {},
): Promise<void> {
  const place = options.force ? rename : placeNew;
  const privateKey = await writeBeside(paths.privateKey, files.privateKey, modes.privateKey);
  try {
    const publicKey = await writeBeside(paths.publicKey, files.publicKey, modes.publicKey);
    try {
      await place(privateKey, paths.privateKey);
      try {
        await place(publicKey, paths.publicKey);
      } catch (error) {
        // Half a new pair is worse than none; one that took another's place cannot be taken back.
        if (!options.force) await rm(paths.privateKey, { force: true });
        throw error;
      }
    } finally {
      await rm(publicKey, { force: true });
    }
  } finally {
    await rm(privateKey, { force: true });
  }
}

async function writeBeside(path: string, text: string, mode: number): Promise<string> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx', mode).catch((cause) => {
    if ((cause as { code?: string }).code !== 'ENOENT') throw cause;
    throw new LadingError('ERR_LADING_KEY', `there is no folder ${dirname(path)}`, { cause });
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

/** A link, other than a rename, never takes the place of a file. */
async function placeNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    throw (error as { code?: string }).code === 'EEXIST' ? alreadyThere(path) : error;
  }
}

function alreadyThere(path: string): LadingError<'ERR_LADING_KEY'> {
  return new LadingError('ERR_LADING_KEY', `${path} is there already`, {
    hint: 'What is signed with it can no longer be verified once it is lost. Choose another name with --output-key-prefix, or replace it with --force.',
  });
}
