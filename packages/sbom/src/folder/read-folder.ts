import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Digest } from '@lading/oci';
import type { BomNote } from '../bom.ts';
import { factsText } from '../cache/layer-cache.ts';
import type { Cataloguer } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import type { LayerFacts } from '../layer/facts.ts';
import { LayerEntries } from '../layer/layer-entries.ts';
import { tooMuch } from '../layer/layer-state.ts';
import type { LayerLimits } from '../layer/limits.ts';
import { decodeName } from '../layer/path.ts';
import type { TarBody } from '../tar/reader.ts';
import { codeOf, type FolderEntry, type TellTrouble, walkFolder } from './walk-folder.ts';

export interface ReadFolderOptions {
  readonly cataloguers: readonly Cataloguer[];
  readonly limits: LayerLimits;
  readonly signal?: AbortSignal | undefined;
  /** Told how many files there are so far. */
  readonly onProgress?: ((files: number) => void) | undefined;
}

/** What a folder holds, as if it were the only layer of an image. */
export interface ReadFolder {
  /** Their `diffId` is the digest of all that they say. */
  readonly facts: LayerFacts;
  /** Of all files together. Bytes. */
  readonly size: number;
}

const pieceBytes = 256 * 1024;
const nobody: Digest = `sha256:${'0'.repeat(64)}`;

/** Lets the cataloguers look at the files of a folder, one after the other. */
export async function readFolder(path: string, options: ReadFolderOptions): Promise<ReadFolder> {
  const { cataloguers, limits, signal, onProgress } = options;
  const entries = new LayerEntries(cataloguers, limits, { markers: false });
  const troubles = new Troubles();
  const piece = Buffer.allocUnsafe(pieceBytes);
  let files = 0;
  let size = 0;
  let read = 0;
  for await (const some of walkFolder(path, { onTrouble: troubles.tell, signal })) {
    for (const entry of some) {
      const { type, name, link, mode, stored } = entry;
      // Compressed file systems take up less than a file's size, too; those are no holes.
      const holes = entry.size > limits.maxRatio * stored ? entry.size - stored : 0;
      const body = entries.visit({ type, name, link, size: entry.size, holes, mode, position: 0 });
      size += entry.size;
      if (type === 'file') files++;
      if (body === undefined) continue;
      read += entry.size;
      if (read > limits.maxBytes) throw tooMuch(`more than ${limits.maxBytes} bytes to read`);
      await readFile(entry, body, piece, { onTrouble: troubles.tell, signal });
    }
    onProgress?.(files);
  }
  const told = entries.facts(nobody, troubles.notes());
  const { diffId: _, ...said } = told;
  const digest = createHash('sha256').update(factsText(said)).digest('hex');
  return { facts: { ...told, diffId: `sha256:${digest}` }, size };
}

/** What was changed while it was read tells nothing: half of a file would be taken for all of it. */
async function readFile(
  { path, name, size }: FolderEntry,
  body: TarBody,
  piece: Buffer,
  { onTrouble, signal }: { readonly onTrouble: TellTrouble; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const changed = (): void => onTrouble('partial', 'a file changed while it was read', name);
  try {
    // Should something else stand there by now: a link is not followed, and a pipe does not make us wait.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile() || found.size !== size) return changed();
    for (let left = size; left > 0; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(piece, 0, Math.min(left, piece.byteLength), null);
      if (bytesRead === 0) return changed();
      body.write(piece.subarray(0, bytesRead));
      left -= bytesRead;
    }
    body.end();
  } catch (error) {
    if (codeOf(error) === 'ELOOP') return changed();
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    onTrouble('partial', `a file could not be read (${codeOf(error)})`, name);
  }
}

/** What could not be read: of each kind the first, and how many there were. */
class Troubles {
  readonly #known = new Map<string, { readonly note: BomNote; readonly example: string; times: number }>();

  readonly tell: TellTrouble = (code, what, name) => {
    const known = this.#known.get(what);
    if (known === undefined)
      this.#known.set(what, { note: { code, message: what }, example: name, times: 1 });
    else known.times++;
  };

  notes(): readonly BomNote[] {
    return [...this.#known.values()]
      .map(({ note: { code, message }, example, times }) => {
        const name = JSON.stringify(decodeName(example).toWellFormed().slice(0, 200));
        return { code, message: `${message}: ${name}${times > 1 ? ` and ${times - 1} more` : ''}` };
      })
      .sort((a, b) => compare(a.message, b.message));
  }
}
