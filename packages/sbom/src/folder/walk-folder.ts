import { Buffer } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import type { BomNote } from '../bom.ts';
import type { TarType } from '../tar/reader.ts';

/** Something that stands in a folder or below it. */
export interface FolderEntry {
  readonly type: Extract<TarType, 'file' | 'directory' | 'symlink' | 'other'>;
  /** From the folder on. Bytes, each a letter of latin1. */
  readonly name: string;
  /** What a symbolic link says; as `name`. */
  readonly link: string;
  /** Of a file. Bytes. */
  readonly size: number;
  /** What a file takes up on the disk. Bytes. */
  readonly stored: number;
  readonly mode: number;
  /** To open it by: names need not be UTF-8. */
  readonly path: Buffer;
}

/** Tells of what could not be read or was left alone, and by which name. */
export type TellTrouble = (code: BomNote['code'], what: string, name: string) => void;

export interface WalkOptions {
  readonly onTrouble: TellTrouble;
  readonly signal?: AbortSignal | undefined;
}

/** How many names are looked at together. */
const lookAhead = 64;

/**
 * Walks through a folder and all below it, in the order of bytes, a folder's entries in pieces. Symbolic links are told and not followed; what
 * is mounted in it stays unseen.
 */
export async function* walkFolder(
  root: string,
  { onTrouble, signal }: WalkOptions,
): AsyncGenerator<readonly FolderEntry[]> {
  const { dev } = await stat(root);
  const waiting: { readonly name: string; readonly path: Buffer }[] = [{ name: '', path: Buffer.from(root) }];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    signal?.throwIfAborted();
    const names = await namesIn(folder, onTrouble);
    const below: typeof waiting = [];
    for (let start = 0; start < names.length; start += lookAhead) {
      signal?.throwIfAborted();
      const some = names.slice(start, start + lookAhead);
      const seen = await Promise.all(some.map((name) => look(folder, name, onTrouble)));
      const entries = seen.filter((entry) => entry !== undefined);
      yield entries.map(({ entry }) => entry);
      for (const { entry, device } of entries) {
        if (entry.type !== 'directory') continue;
        if (device === dev) below.push(entry);
        else onTrouble('skipped', 'what is mounted in the folder was not looked at', entry.name);
      }
    }
    waiting.push(...below.reverse());
  }
}

async function namesIn(
  folder: { readonly name: string; readonly path: Buffer },
  onTrouble: TellTrouble,
): Promise<readonly Buffer[]> {
  try {
    const found: Dirent<Buffer>[] = await readdir(folder.path, { encoding: 'buffer', withFileTypes: true });
    return found.map(({ name }) => name).sort(Buffer.compare);
  } catch (error) {
    // The folder that was asked for has to be there.
    if (folder.name === '') throw error;
    onTrouble('partial', `a folder could not be read (${codeOf(error)})`, folder.name);
    return [];
  }
}

async function look(
  folder: { readonly name: string; readonly path: Buffer },
  base: Buffer,
  onTrouble: TellTrouble,
): Promise<{ readonly entry: FolderEntry; readonly device: number } | undefined> {
  const name = folder.name === '' ? base.toString('latin1') : `${folder.name}/${base.toString('latin1')}`;
  const path = Buffer.concat([folder.path, Buffer.from('/'), base]);
  try {
    const found = await lstat(path);
    const type = typeOf(found);
    const link = type === 'symlink' ? (await readlink(path, 'buffer')).toString('latin1') : '';
    const { mode, dev, blocks } = found;
    const size = type === 'file' ? found.size : 0;
    return { entry: { type, name, link, size, stored: blocks * 512, mode, path }, device: dev };
  } catch (error) {
    onTrouble('partial', `a file could not be looked at (${codeOf(error)})`, name);
    return undefined;
  }
}

function typeOf(found: Stats): FolderEntry['type'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
