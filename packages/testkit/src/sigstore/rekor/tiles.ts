import type { MerkleTree } from '../merkle/tree.ts';

const width = 256;

/** What stands at a path of C2SP's tlog-tiles below `/api/v2/`: hashes of the tree, or entries; nothing when it is not such a path. */
export function tileAt(path: string, tree: MerkleTree, entries: readonly Buffer[]): Buffer | undefined {
  const found = /^\/api\/v2\/tile\/(\d|entries)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path);
  if (!found) return undefined;
  const [, level = '', number = '', partial] = found;
  const index = Number(number.replaceAll(/[x/]/g, ''));
  const wanted = partial === undefined ? width : Number(partial);
  const all = level === 'entries' ? entries.map(withLength) : tree.level(Number(level) * 8);
  const part = all.slice(index * width, index * width + wanted);
  return part.length === wanted ? Buffer.concat(part) : undefined;
}

function withLength(entry: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(entry.byteLength);
  return Buffer.concat([length, entry]);
}
