import { Buffer } from 'node:buffer';
import type { Probe } from '../cataloguer.ts';
import { type Capture, capture } from './capture.ts';
import { writableSegment } from './elf-segments.ts';
import { type GoBuildInfo, maxModuleInfoBytes, parseModuleInfo, readInlineInfo } from './go-build-info.ts';
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

/** A program that is only itself when it runs. */
export type PackedProgram = { readonly packed: 'UPX' };

/**
 * Looks for the build information of Go programs as they flow by (Go's debug/buildinfo): a marker at an address that is a multiple of 16, and behind it,
 * since Go 1.18, the strings. Older programs have pointers there; theirs is found by the marks around the module information, without the Go version.
 */
export function goProbe(): Probe {
  const head = capture(0, headBytes);
  const markers: Marker[] = [];
  const infos: Capture[] = [];
  let hasPointers = false;
  const scan = overlappingWindows(markerBytes - 1, (window, offset, fresh) => {
    for (const at of placesOf(marker, window, fresh - markerBytes + marker.length)) {
      // When the last of its 32 bytes are not there yet, the next window has it whole.
      if (at + markerBytes > window.length || (offset + at) % 16 !== 0) continue;
      const pointerBytes = window[at + 14]!;
      const flags = window[at + 15]!;
      if ((flags & 2) === 0) hasPointers ||= pointerBytes === 4 || pointerBytes === 8;
      else if (markers.length < maxMarkers) markers.push(markerAt(window, at + markerBytes, offset));
    }
    if (markers.length > 0) return;
    for (const at of placesOf(infoStart, window, fresh)) {
      if (infos.length < 4) infos.push(from(window, at + infoStart.length, offset));
    }
  });
  return {
    write(chunk) {
      for (const open of [head, ...infos]) open.write(chunk);
      for (const open of markers) open.write(chunk);
      scan(chunk);
    },
    end() {
      const found = markers.flatMap((open) => open.end() ?? []);
      const own = chosen(found, head.bytes());
      if (own !== undefined) return parseModuleInfo(own.goVersion, own.moduleInfo);
      if (hasPointers) return parsePointed(infos);
      const packed: PackedProgram = { packed: 'UPX' };
      return head.bytes().includes(upxMark) ? packed : undefined;
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

function parsePointed(infos: readonly Capture[]): GoBuildInfo | undefined {
  for (const open of infos) {
    const bytes = open.bytes();
    const end = bytes.indexOf(infoEnd);
    if (end >= 0) return parseModuleInfo(undefined, bytes.toString('utf8', 0, end));
  }
  return undefined;
}
