import { Buffer } from 'node:buffer';
import type { ZipBudget } from './zip-budget.ts';
import type { ZipHead } from './zip-head.ts';
import type { ZipBody } from './zip-reader.ts';

const stored = 0;
const deflated = 8;

/** True for what every reader of Java archives can unpack. */
export function isReadable({ method, isEncrypted }: ZipHead): boolean {
  return !isEncrypted && (method === stored || method === deflated);
}

export function isStored({ method }: ZipHead): boolean {
  return method === stored;
}

/**
 * Keeps an entry in memory and hands its content to `read`, unpacked. `fail` is told when that cannot be: it is too large or damaged. Both are called
 * at the end of the entry, and what `read` throws goes through.
 */
export function zipContent(
  head: ZipHead,
  budget: ZipBudget,
  maxBytes: number,
  read: (content: Buffer) => void,
  fail: (reason: string) => void,
): ZipBody {
  let chunks: Buffer[] = [];
  let size = 0;
  let isTooLarge = false;
  const drop = (): void => {
    budget.release(size);
    chunks = [];
    size = 0;
  };
  return {
    write(chunk) {
      if (isTooLarge) return;
      isTooLarge = size + chunk.length > maxBytes || !budget.hold(chunk.length);
      if (isTooLarge) {
        drop();
        return;
      }
      size += chunk.length;
      chunks.push(Buffer.from(chunk));
    },
    end() {
      if (isTooLarge) {
        fail('it is too large');
        return;
      }
      const packed = Buffer.concat(chunks, size);
      chunks = [];
      const content = unpacked(head, budget, packed, maxBytes);
      drop();
      if (content === undefined) {
        fail('it is damaged or too large');
        return;
      }
      const isHeld = budget.hold(content.length);
      read(content);
      if (isHeld) budget.release(content.length);
    },
  };
}

function unpacked(head: ZipHead, budget: ZipBudget, packed: Buffer, maxBytes: number): Buffer | undefined {
  if (head.method === stored) return packed;
  try {
    return budget.inflate(packed, maxBytes);
  } catch {
    return undefined;
  }
}
