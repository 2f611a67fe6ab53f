/** A file of a layer: its content, or what it is when that is not all. Mode defaults to 0644 (0755 for directories). */
export type LayerFile =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly mode?: number | undefined }
  | { readonly symlink: string }
  | { readonly directory: true; readonly mode?: number | undefined };

/** 2026-01-01T00:00:00Z in seconds: every file and config has the same time, so the same input gives the same bytes. */
export const fixedTime = 1_767_225_600;

const blockSize = 512;
const types = { file: '0', symlink: '2', directory: '5' } as const;

interface Entry {
  readonly type: keyof typeof types;
  readonly mode: number;
  readonly content: Uint8Array;
  readonly linkName: string;
}

/**
 * A ustar archive of `files`, keyed by path (`/etc/os-release` or `etc/os-release`); the folders they stand in come before them.
 * Owner 0:0 and a fixed time: the same files give the same bytes.
 */
export function tarOf(files: Readonly<Record<string, LayerFile>>): Uint8Array {
  const blocks: Uint8Array[] = [];
  const written = new Set<string>();
  const write = (path: string, entry: Entry): void => {
    written.add(path);
    const name = entry.type === 'directory' ? `${path}/` : path;
    const padding = (blockSize - (entry.content.byteLength % blockSize)) % blockSize;
    blocks.push(header(name, entry), entry.content, new Uint8Array(padding));
  };
  for (const [key, file] of Object.entries(files)) {
    const path = key.replace(/^\/+|\/+$/g, '');
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      if (!written.has(folder)) write(folder, entryOf({ directory: true }));
    }
    write(path, entryOf(file));
  }
  blocks.push(new Uint8Array(2 * blockSize));
  return Buffer.concat(blocks);
}

function entryOf(file: LayerFile): Entry {
  const empty = new Uint8Array(0);
  if (typeof file === 'string' || file instanceof Uint8Array) return entryOf({ content: file });
  if ('symlink' in file) return { type: 'symlink', mode: 0o777, content: empty, linkName: file.symlink };
  if ('directory' in file)
    return { type: 'directory', mode: file.mode ?? 0o755, content: empty, linkName: '' };
  const content = typeof file.content === 'string' ? Buffer.from(file.content) : file.content;
  return { type: 'file', mode: file.mode ?? 0o644, content, linkName: '' };
}

function header(name: string, entry: Entry): Uint8Array {
  const block = Buffer.alloc(blockSize);
  const [prefix, base] = splitName(name);
  block.write(base, 0, 100);
  block.write(octal(entry.mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(entry.content.byteLength, 11), 124);
  block.write(octal(fixedTime, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write(types[entry.type], 156);
  block.write(entry.linkName, 157, 100);
  block.write('ustar\0' + '00', 257);
  block.write(prefix, 345, 155);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** ustar holds 100 bytes of name and 155 of prefix, parted at a slash. */
function splitName(name: string): [prefix: string, base: string] {
  if (Buffer.byteLength(name) <= 100) return ['', name];
  for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
    const [prefix, base] = [name.slice(0, slash), name.slice(slash + 1)];
    if (base !== '' && Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(base) <= 100)
      return [prefix, base];
  }
  throw new RangeError(`the path ${name} is too long for a ustar archive`);
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}
