import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, LadingError } from '@lading/oci';
import { claim, ifThere, listNames, readText, writeDurably } from './files.ts';
import { type Layout, layoutOf } from './layout.ts';
import { Repository, type StorageContext } from './repository.ts';
import { Turns } from './turns.ts';

export interface StorageOptions {
  readonly clock: () => number;
  readonly readOnly: boolean;
}

/** The content of all repositories, over a folder. Knows nothing of HTTP. */
export class Storage {
  readonly layout: Layout;
  readonly #context: StorageContext;

  private constructor(context: StorageContext) {
    this.layout = context.layout;
    this.#context = context;
  }

  /**
   * Opens a folder, or makes one.
   * @throws {LadingError} `ERR_LADING_SERVE_DIRECTORY`: it has other things in it, or was written by a newer version.
   */
  static async open(directory: string, options: StorageOptions): Promise<Storage> {
    const layout = layoutOf(directory);
    if (!options.readOnly) await mkdir(directory, { recursive: true });
    if (!(await checkMarker(layout)) && !options.readOnly) {
      await Promise.all([
        mkdir(layout.uploads, { recursive: true }),
        mkdir(layout.repositories, { recursive: true }),
      ]);
      await writeDurably(layout.uploads, layout.marker, marker);
    }
    return new Storage({ ...options, layout, turns: new Turns() });
  }

  repository(name: string): Repository {
    return new Repository(name, this.#context);
  }

  /** The names of all repositories, in lexical order. */
  async repositories(): Promise<string[]> {
    const names: string[] = [];
    const walk = async (folder: string, name: string): Promise<void> => {
      const entries = await listNames(folder);
      if (entries.some((entry) => entry.startsWith('_'))) names.push(name);
      for (const entry of entries) {
        if (!entry.startsWith('_')) await walk(join(folder, entry), name === '' ? entry : `${name}/${entry}`);
      }
    };
    await walk(this.layout.repositories, '');
    return names.sort();
  }

  /** Bytes, or `undefined` when there is no such content. */
  async size(digest: Digest): Promise<number | undefined> {
    return (await ifThere(stat(this.layout.content(digest))))?.size;
  }

  /** Whole content, for what is known to be small. */
  read(digest: Digest): Promise<Buffer | undefined> {
    return ifThere(readFile(this.layout.content(digest)));
  }

  /** An open file with content, to be closed by the caller. */
  openContent(digest: Digest): Promise<Awaited<ReturnType<typeof open>> | undefined> {
    return ifThere(open(this.layout.content(digest), 'r'));
  }

  /** Says that content is in use, before a repository gets it without an upload; false when there is none. */
  claimContent(digest: Digest): Promise<boolean> {
    return claim(this.layout.content(digest), this.#context.clock());
  }
}

const marker = `${JSON.stringify({ lading: 'registry', version: 1 })}\n`;

/** True when the folder is a registry, false when it is empty or absent. */
async function checkMarker(layout: Layout): Promise<boolean> {
  const text = await readText(layout.marker);
  if (text === marker) return true;
  if (text !== undefined) {
    throw wrongFolder(layout, 'was written by another version of lading', 'Use the version that made it.');
  }
  // A crash in the middle of the very first start leaves these two behind, and no marker.
  const found = (await ifThere(readdir(layout.root))) ?? [];
  const foreign = found.filter((name) => !['uploads', 'repositories'].includes(name));
  if (foreign.length === 0) return false;
  throw wrongFolder(
    layout,
    `holds other things (${foreign.slice(0, 3).join(', ')})`,
    'Name an empty folder, or one that a registry of lading has filled.',
  );
}

function wrongFolder(layout: Layout, why: string, hint: string): LadingError<'ERR_LADING_SERVE_DIRECTORY'> {
  return new LadingError('ERR_LADING_SERVE_DIRECTORY', `${layout.root} cannot be served: it ${why}`, {
    hint,
  });
}
