import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of all buffers that somebody holds. What only waits for the collector does not count: when that comes is a matter of chance. */
export function heldBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
