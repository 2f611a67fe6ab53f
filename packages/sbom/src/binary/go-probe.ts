import { Buffer } from 'node:buffer';
import type { Probe } from '../cataloguer.ts';
import { type Capture, capture } from './capture.ts';
import { writableSegment } from './elf-segments.ts';
import { type GoBuildInfo, maxModuleInfoBytes, parseModuleInfo, readInlineInfo } from './go-build-info.ts';
import { type GoPointers, goPointers } from './go-pointers.ts';
import { overlappingWindows, placesOf } from './program.ts';

const marker: Buffer = Buffer.from('\xff Go buildinf:', 'latin1');
const markerBytes = 32;
const infoStart: Buffer = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const infoEnd: Buffer = Buffer.from('f932433186182072008242104116d8f2', 'hex');

/** What is packed with UPX has this mark right behind its headers, and its build information compressed. */
const upxMark: Buffer = Buffer.from('UPX!');

/** Go itself puts the program headers right behind the ELF header. */
const headBytes = 4096;
/** Programs that bring others along have a marker for each of them; more than this is an attack. */
const maxMarkers = 16;

/** So begins the version of a released Go. Programs have a few dozen places with it; more are not remembered. */
const versionStart: Buffer = Buffer.from('go1.');
const maxVersions = 2000;

/** A program that is only itself when it runs. */
export type PackedProgram = { readonly packed: 'UPX' };

/**
 * Looks for the build information of Go programs as they flow by (Go's debug/buildinfo): a marker at an address that is a multiple of 16, and behind it,
 * since Go 1.18, the strings. Older programs have pointers there, and the strings elsewhere: the version of Go among those that flowed by, the module
 * information between marks of its own.
 */
export function goProbe(): Probe {
  const head = capture(0, headBytes);
  const markers: Marker[] = [];
  const infos: Capture[] = [];
  const pointers: GoPointers[] = [];
  const versions = new Map<number, string>();
  const scan = overlappingWindows(markerBytes - 1, (window, offset, fresh) => {
    for (const at of placesOf(marker, window, fresh - markerBytes + marker.length)) {
      // When the last of its 32 bytes are not there yet, the next window has it whole.
      if (at + markerBytes > window.length || (offset + at) % 16 !== 0) continue;
      const pointerBytes = window[at + 14]!;
      const flags = window[at + 15]!;
      if ((flags & 2) !== 0) {
        if (markers.length < maxMarkers) markers.push(markerAt(window, at + markerBytes, offset));
      } else if ((pointerBytes === 4 || pointerBytes === 8) && pointers.length < maxMarkers) {
        pointers.push(goPointers(window.subarray(at), offset + at, head.bytes()));
      }
    }
    if (markers.length > 0) return;
    for (const at of placesOf(versionStart, window, fresh - markerBytes + versionStart.length)) {
      if (at + markerBytes > window.length || versions.size >= maxVersions) break;
      versions.set(offset + at, window.toString('latin1', at, at + markerBytes));
    }
    for (const at of placesOf(infoStart, window, fresh)) {
      if (infos.length < 4) infos.push(from(window, at + infoStart.length, offset));
    }
  });
  return {
    write(chunk) {
      for (const open of [head, ...infos]) open.write(chunk);
      for (const open of [...markers, ...pointers]) open.write(chunk);
      scan(chunk);
    },
    end() {
      const found = markers.flatMap((open) => open.end() ?? []);
      const start = head.bytes();
      const own = chosen(found, start);
      if (own !== undefined) return parseModuleInfo(own.goVersion, own.moduleInfo);
      if (pointers.length > 0) {
        const version = chosen(pointers, head.bytes())?.version(versions);
        return parsePointed(version, infos);
      }
      const packed: PackedProgram = { packed: 'UPX' };
      return start.includes(upxMark) ? packed : undefined;
    },
  };
}

interface Marked {
  readonly offset: number;
  readonly goVersion: string;
  readonly moduleInfo: string;
}

interface Marker {
  write(chunk: Uint8Array): void;
  end(): Marked | undefined;
}

/** Reads what follows a marker, and lets go of the bytes as soon as it is whole or turns out to be something else. */
function markerAt(window: Buffer, at: number, offset: number): Marker {
  let open: Capture | undefined = capture(offset + at, maxModuleInfoBytes + 1024);
  let found: Marked | undefined;
  // Looked at when the bytes have doubled, so that small chunks do not cost more.
  let next = 256;
  const look = (isEnd: boolean): void => {
    if (open === undefined || (!isEnd && open.size < next)) return;
    next = 2 * open.size;
    const info = readInlineInfo(open.bytes());
    if (info === 'more') return;
    if (info !== undefined) found = { offset: open.offset, ...info };
    open = undefined;
  };
  const write = (chunk: Uint8Array): void => {
    open?.write(chunk);
    look(false);
  };
  write(window.subarray(at));
  return {
    write,
    end() {
      look(true);
      return found;
    },
  };
}

function from(window: Buffer, at: number, offset: number): Capture {
  const open = capture(offset + at, maxModuleInfoBytes + 1024);
  open.write(window.subarray(at));
  return open;
}

/** A program that has others in its constants has their markers too. Its own is in what it may write to, or, where that is not known, the last. */
function chosen<T extends { readonly offset: number }>(found: readonly T[], head: Buffer): T | undefined {
  const range = writableSegment(head);
  const own = range && found.find(({ offset }) => offset >= range.start && offset < range.end);
  return own ?? found.at(-1);
}

/** A program built without modules has but the version. */
function parsePointed(goVersion: string | undefined, infos: readonly Capture[]): GoBuildInfo | undefined {
  for (const open of infos) {
    const bytes = open.bytes();
    const end = bytes.indexOf(infoEnd);
    if (end >= 0) return parseModuleInfo(goVersion, bytes.toString('utf8', 0, end));
  }
  return goVersion === undefined ? undefined : parseModuleInfo(goVersion, '');
}
