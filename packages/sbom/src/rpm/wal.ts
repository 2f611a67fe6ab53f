import { Buffer } from 'node:buffer';

/** Bytes of pages that are kept. A log of more is that of a database that was made and never written down. */
const maxPageBytes = 16 * 1024 * 1024;

const headerLength = 32;
const frameHeaderLength = 24;

/** The pages that a write-ahead log has instead of those in the database, as JSON: numbers, and content in base64. */
export type WalPages = {
  readonly pageSize: number;
  readonly pages: readonly (readonly [number: number, content: string])[];
};

/**
 * Reads a write-ahead log (SQLite file format, 4): frames up to the last one that ends a transaction, of those that have the
 * log's salt and whose checksums go on from it. Nothing when it is larger than what is kept.
 */
export function readWal(content: Buffer): WalPages | undefined {
  const none: WalPages = { pageSize: 0, pages: [] };
  if (content.length < headerLength) return none;
  const magic = content.readUInt32BE(0);
  const pageSize = content.readUInt32BE(8);
  if (magic >>> 1 !== 0x377f0682 >>> 1 || pageSize < 512 || pageSize > 65_536) return none;
  const sum = checksum(magic % 2 === 1);
  if (!sum.isAt(content, 24, content.subarray(0, 24))) return none;
  const committed = new Map<number, number>();
  let open = new Map<number, number>();
  for (let at = headerLength; at + frameHeaderLength + pageSize <= content.length; ) {
    const page = at + frameHeaderLength;
    const isOfLog = content.compare(content, 16, 24, at + 8, at + 16) === 0;
    const body = content.subarray(page, page + pageSize);
    if (!isOfLog || !sum.isAt(content, at + 16, content.subarray(at, at + 8), body)) break;
    open.set(content.readUInt32BE(at), page);
    // How many pages the database has then; zero within a transaction.
    if (content.readUInt32BE(at + 4) !== 0) {
      for (const [number, start] of open) committed.set(number, start);
      open = new Map();
    }
    at = page + pageSize;
  }
  if (committed.size * pageSize > maxPageBytes) return undefined;
  const pages = [...committed].map(
    ([number, start]) => [number, content.toString('base64', start, start + pageSize)] as const,
  );
  return { pageSize, pages };
}

/** The running checksum of a log, over words of 32 bits. */
function checksum(isBigEndian: boolean): {
  /** Goes on with these parts; true when the result stands at `at`. */
  isAt(content: Buffer, at: number, ...parts: readonly Buffer[]): boolean;
} {
  let first = 0;
  let second = 0;
  return {
    isAt(content, at, ...parts) {
      for (const part of parts) {
        for (let word = 0; word + 8 <= part.length; word += 8) {
          first = (first + second + wordAt(part, word, isBigEndian)) >>> 0;
          second = (second + first + wordAt(part, word + 4, isBigEndian)) >>> 0;
        }
      }
      return content.readUInt32BE(at) === first && content.readUInt32BE(at + 4) === second;
    },
  };
}

function wordAt(bytes: Buffer, at: number, isBigEndian: boolean): number {
  return isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
}

export function pageMap({ pages }: WalPages): Map<number, Buffer> {
  return new Map(pages.map(([number, content]) => [number, Buffer.from(content, 'base64')]));
}
