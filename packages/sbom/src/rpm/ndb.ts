import type { Buffer } from 'node:buffer';
import type { Blobs } from './blobs.ts';

const pageSize = 4096;
const slotLength = 16;
/** The file's own header is as long as two slots. */
const firstSlot = 32;

/** Pages of slots; rpm's own limit is far away, and a system of 500,000 packages has less. */
const maxSlotPages = 2048;

/**
 * The headers in `Packages.db`, the database of SUSE (rpm, lib/backend/ndb/rpmpkg.c): little-endian, slots that say where the blobs lie,
 * in blocks of 16 bytes. Nothing when it is not such a file.
 */
export function readNdb(content: Buffer): Blobs | undefined {
  if (content.length < firstSlot || content.toString('latin1', 0, 4) !== 'RpmP') return undefined;
  const slotPages = content.readUInt32LE(12);
  if (content.readUInt32LE(4) !== 0 || slotPages > maxSlotPages) return undefined;
  const end = Math.min(slotPages * pageSize, content.length - slotLength + 1);
  const blobs: Buffer[] = [];
  let isWhole = slotPages * pageSize <= content.length;
  let bytes = 0;
  for (let slot = firstSlot; slot < end; slot += slotLength) {
    if (content.toString('latin1', slot, slot + 4) !== 'Slot') {
      isWhole = false;
      continue;
    }
    const index = content.readUInt32LE(slot + 4);
    const offset = content.readUInt32LE(slot + 8);
    // The slot is not in use.
    if (index === 0 || offset === 0) continue;
    const blob = blobAt(content, offset * 16, index);
    bytes += blob?.length ?? 0;
    // Blobs that lie on each other would add up to more than the file has.
    if (blob === undefined || bytes > content.length) isWhole = false;
    else blobs.push(blob);
  }
  return { blobs, isWhole };
}

function blobAt(content: Buffer, at: number, index: number): Buffer | undefined {
  const start = at + 16;
  if (start > content.length || content.toString('latin1', at, at + 4) !== 'BlbS') return undefined;
  const length = content.readUInt32LE(at + 12);
  if (content.readUInt32LE(at + 4) !== index || start + length > content.length) return undefined;
  return content.subarray(start, start + length);
}
