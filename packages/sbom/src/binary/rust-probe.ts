import { Buffer } from 'node:buffer';
import { constants, inflateSync } from 'node:zlib';
import type { Probe } from '../cataloguer.ts';
import { identifier, jsonList, jsonObject, parseJsonObject, shortText } from '../language/json-text.ts';
import { type Capture, capture } from './capture.ts';
import { mayInflateTo } from './deflate-start.ts';
import { overlappingWindows } from './program.ts';

/** What cargo-auditable puts in a program: the packages that were compiled into it. */
export type RustFacts = {
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    /** `crates.io`, `git`, `local`, `registry`, or an address. */
    readonly source?: string | undefined;
    readonly isRoot?: true | undefined;
    /** Places of other packages in this list. */
    readonly dependencies: readonly number[];
  }[];
};

/** Programs of a thousand crates have less than 100 KiB. */
const maxCompressedBytes = 2 * 1024 * 1024;
const maxInflatedBytes = 8 * 1024 * 1024;
/** How much is inflated to see whether a place begins with what is looked for. */
const trialBytes = 64;
/** Real programs have some ten places for 100 MB that have to be tried. */
const maxTrials = 1000;
const start: Buffer = Buffer.from('{"packages":[');

/**
 * Looks for the `.dep-v0` section of programs made with cargo-auditable. Where sections are stands at the end of a file, too late for a stream: so every
 * place that may be the start of zlib data is tried, and the one that begins as the section does is kept.
 */
export function rustProbe(): Probe {
  let found: Capture | undefined;
  let trials = 0;
  const scan = overlappingWindows(trialBytes - 1, (window) => {
    const last = window.length - trialBytes;
    for (let at = window.indexOf(0x78); at >= 0 && at <= last; at = window.indexOf(0x78, at + 1)) {
      if (found !== undefined || trials >= maxTrials) return;
      if (!mayInflateTo(start, window, at)) continue;
      trials++;
      if (!beginsRight(window.subarray(at, at + trialBytes))) continue;
      found = capture(0, maxCompressedBytes);
      found.write(window.subarray(at));
    }
  });
  return {
    write(chunk) {
      if (found === undefined) scan(chunk);
      else found.write(chunk);
    },
    end() {
      if (found === undefined) {
        // A section at the very end is shorter than what is tried.
        scan(Buffer.alloc(trialBytes));
      }
      return found === undefined ? undefined : read(found.bytes());
    },
  };
}

function beginsRight(bytes: Buffer): boolean {
  const text = inflated(bytes, 64 * 1024);
  return text?.subarray(0, start.length).equals(start) ?? false;
}

/** Data that is cut off gives what there is of it. */
function inflated(bytes: Buffer, maxOutputLength: number): Buffer | undefined {
  try {
    return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch {
    return undefined;
  }
}

function read(bytes: Buffer): RustFacts | undefined {
  const text = inflated(bytes, maxInflatedBytes);
  if (text === undefined) return undefined;
  try {
    return readAuditData(text);
  } catch {
    return undefined;
  }
}

function readAuditData(text: Buffer): RustFacts {
  const listed = jsonList(parseJsonObject(text)?.packages).slice(0, 20_000);
  const packages = listed.map((value) => {
    const entry = jsonObject(value);
    const [name, version] = [identifier(entry?.name), identifier(entry?.version)];
    // Places in the list are what dependencies are told by, so what is left out has to keep its own.
    if (entry === undefined || name === undefined || version === undefined) return undefined;
    return {
      name,
      version,
      // What only ran while building is not in the program.
      isBuild: entry.kind === 'build',
      source: shortText(entry.source, 300),
      isRoot: entry.root === true ? (true as const) : undefined,
      dependencies: jsonList(entry.dependencies)
        .slice(0, 2000)
        .filter((place) => typeof place === 'number'),
    };
  });
  const places = new Map<number, number>();
  for (const [place, entry] of packages.entries()) {
    if (entry !== undefined && !entry.isBuild) places.set(place, places.size);
  }
  return {
    packages: packages.flatMap((entry) => {
      if (entry === undefined || entry.isBuild) return [];
      const { isBuild: _, dependencies, ...kept } = entry;
      return [
        { ...kept, dependencies: [...new Set(dependencies.flatMap((place) => places.get(place) ?? []))] },
      ];
    }),
  };
}
