import { Buffer } from 'node:buffer';
import type { Probe } from '../cataloguer.ts';
import { joined } from './program.ts';
import { contextBytes, type Mark, type Signature } from './signature.ts';

/** What a program shows of itself. */
export type Shown = {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly version: string;
  readonly purl?: string | undefined;
};

/** A needle that comes more often than this is in a file that is made to keep somebody busy. */
const maxTrials = 10_000;

/**
 * Looks for marks as a file flows by. Only the needles are searched in all bytes, and the patterns tried around them; what is kept in
 * memory is what the longest needle and its surroundings take. `requires` has to be somewhere in the file too.
 */
export function signatureProbe({
  name,
  namespace,
  purl,
  marks,
  requires,
}: Pick<Signature, 'name' | 'namespace' | 'purl' | 'requires'> & { readonly marks: readonly Mark[] }): Probe {
  const versions: (string | undefined)[] = marks.map(() => undefined);
  const searches = marks.map(({ needle, pattern }, place) =>
    search(needle, (context) => {
      versions[place] = pattern.exec(context)?.groups?.version;
      return versions[place] !== undefined;
    }),
  );
  let isWhatItSeems = requires === undefined;
  if (requires !== undefined) {
    searches.push(
      search(requires, () => {
        isWhatItSeems = true;
        return true;
      }),
    );
  }
  const overlap =
    2 * contextBytes +
    Math.max(...[...marks.map(({ needle }) => needle), requires ?? ''].map((needle) => needle.length));
  let tail: Buffer = Buffer.alloc(0);
  let offset = 0;
  const look = (chunk: Uint8Array, isLast: boolean): void => {
    // Nothing that comes later is better than the best mark.
    if (versions[0] !== undefined && isWhatItSeems) return;
    const window = joined(tail, chunk);
    for (const one of searches) one(window, offset, isLast);
    const keep = Math.min(overlap, window.length);
    offset += window.length - keep;
    tail = Buffer.from(window.subarray(window.length - keep));
  };
  return {
    write: (chunk) => look(chunk, false),
    end() {
      look(Buffer.alloc(0), true);
      const best = versions.findIndex((version) => version !== undefined);
      if (best < 0 || !isWhatItSeems) return undefined;
      const version = versions[best]!;
      const shown: Shown = {
        name: marks[best]!.name ?? name,
        namespace,
        version,
        purl: purl === undefined ? undefined : `${purl}@${version}`,
      };
      return shown;
    },
  };
}

/** Searches windows of a file, one after the other, for a needle, until `isFound` says of one with its surroundings that it is the one. */
function search(
  needle: string,
  isFound: (context: string) => boolean,
): (window: Buffer, offset: number, isLast: boolean) => void {
  const bytes = Buffer.from(needle, 'latin1');
  let trials = 0;
  /** Where in the file the search goes on. */
  let next = 0;
  return (window, offset, isLast) => {
    while (trials < maxTrials) {
      const at = window.indexOf(bytes, Math.max(0, next - offset));
      if (at < 0) {
        next = Math.max(next, offset + window.length - bytes.length + 1);
        return;
      }
      const end = at + bytes.length + contextBytes;
      next = offset + at;
      // What comes behind it is in the next window.
      if (end > window.length && !isLast) return;
      next++;
      trials++;
      if (isFound(window.toString('latin1', Math.max(0, at - contextBytes), end))) trials = maxTrials;
    }
  };
}
