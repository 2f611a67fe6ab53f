import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestHex, digestOf } from '@lading/oci';

/** What was asked of an image's signatures, and what was attached to it when the answer was yes. */
export interface Listing {
  /** Where the signatures are, which image they are of, and all that the answer depends on beside what is attached. */
  readonly question: string;
  /** What is attached, in any order. */
  readonly attached: readonly string[];
}

/** Remembers of which listings all signatures have been verified, so that only changes are verified again. Failing to remember is no failure. */
export interface VerifiedListings {
  has(listing: Listing): Promise<boolean>;
  add(listing: Listing): Promise<void>;
}

/** Bytes of one file; a listing that is longer is verified each time. */
const maxFileSize = 1_048_576;

/**
 * Verified listings in a folder, a file for each question: a cache that may be deleted at any time, also while it is used.
 * Whoever can write into the folder is trusted: they can make an image without a signature pass for a signed one.
 */
export function verifiedListingsIn(folder: string): VerifiedListings {
  const fileOf = ({ question }: Listing): string =>
    join(folder, `${digestHex(digestOf(encode(question)))}.json`);
  return {
    async has(listing) {
      // Compared as a whole, so that a torn, old or foreign file says nothing.
      return (await readText(fileOf(listing))) === textOf(listing);
    },
    async add(listing) {
      const text = textOf(listing);
      if (text.length > maxFileSize) return;
      try {
        await mkdir(folder, { recursive: true });
        await replaceFile(fileOf(listing), text);
      } catch {
        // Without a cache everything is done all the same, only slower.
      }
    },
  };
}

function textOf({ question, attached }: Listing): string {
  return `${JSON.stringify({ schemaVersion: 1, question, attached: [...attached].sort() })}\n`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      if ((await file.stat()).size > maxFileSize * 4) return undefined;
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** In one step: readers find the old file or the new one, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
