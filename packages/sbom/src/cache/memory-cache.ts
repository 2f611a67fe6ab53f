import type { LayerCache } from './layer-cache.ts';

/** Bytes. */
const defaultMaxBytes = 64 * 2 ** 20;

/** Keeps what was asked for last, packed as it is. */
export function memoryCache(maxBytes: number = defaultMaxBytes): LayerCache {
  const kept = new Map<string, Uint8Array>();
  let size = 0;
  const drop = (key: string): void => {
    size -= kept.get(key)?.byteLength ?? 0;
    kept.delete(key);
  };
  return {
    async get(key) {
      const content = kept.get(key);
      if (content === undefined) return undefined;
      // To the end of the queue.
      kept.delete(key);
      kept.set(key, content);
      return content;
    },
    async put(key, content) {
      drop(key);
      // It would push out everything else, and then itself.
      if (content.byteLength > maxBytes) return;
      kept.set(key, content);
      size += content.byteLength;
      for (const oldest of kept.keys()) {
        if (size <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}
