import { Buffer } from 'node:buffer';
import type { Probe } from '../cataloguer.ts';
import { identifier, parseJsonObject, shortText } from '../language/json-text.ts';
import { type Capture, capture } from './capture.ts';
import { isBigEndian, noteSegments } from './elf-segments.ts';

/** What a distribution's build leaves in a program of the package it is of (systemd, "Package Metadata for Executable Files"). */
export type ElfNoteFacts = {
  readonly name: string;
  readonly version: string;
  /** `rpm`, `deb`. */
  readonly type?: string | undefined;
  /** As in os-release's ID and VERSION_ID. */
  readonly os?: string | undefined;
  readonly osVersion?: string | undefined;
  readonly architecture?: string | undefined;
  readonly license?: string | undefined;
};

/** Linkers put the program headers right behind the ELF header. */
const headBytes = 4096;
/** A program has four notes at most, of some hundred bytes. */
const maxSegments = 8;
const maxNoteBytes = 64 * 1024;

const owner: Buffer = Buffer.from('FDO\0');
const packageNote = 0xcafe1a7e;

/** Reads the notes of an ELF file as it flows by: only the bytes where its headers say that there are notes. */
export function elfNoteProbe(): Probe {
  const head = capture(0, headBytes);
  let notes:
    | { readonly start: number; readonly end: number; readonly align: 4 | 8; readonly found: Capture }[]
    | undefined;
  let offset = 0;
  const take = (bytes: Uint8Array, at: number): void => {
    for (const { start, end, found } of notes ?? []) {
      if (end > at && start < at + bytes.length) {
        found.write(bytes.subarray(Math.max(0, start - at), Math.max(0, end - at)));
      }
    }
  };
  const begin = (): void => {
    const bytes = head.bytes();
    notes = noteSegments(bytes)
      .slice(0, maxSegments)
      .map((range) => ({ ...range, found: capture(range.start, maxNoteBytes) }));
    take(bytes, 0);
  };
  return {
    write(chunk) {
      if (notes === undefined) {
        head.write(chunk);
        if (head.size < headBytes) {
          offset += chunk.length;
          return;
        }
        begin();
        // The head has the chunk's first bytes already.
        const known = headBytes - offset;
        take(chunk.subarray(known), headBytes);
      } else take(chunk, offset);
      offset += chunk.length;
    },
    end() {
      if (notes === undefined) begin();
      for (const { align, found } of notes ?? []) {
        const facts = readNotes(found.bytes(), isBigEndian(head.bytes()), align);
        if (facts !== undefined) return facts;
      }
      return undefined;
    },
  };
}

/** Notes stand one behind the other: three numbers, the owner's name, the content (elf(5), "Notes"). */
function readNotes(bytes: Buffer, isBig: boolean, align: 4 | 8): ElfNoteFacts | undefined {
  const word = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  const padded = (length: number): number => Math.ceil(length / align) * align;
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameBytes = word(at);
    const contentBytes = word(at + 4);
    const name = bytes.subarray(at + 12, at + 12 + nameBytes);
    const start = at + padded(12 + nameBytes);
    if (word(at + 8) === packageNote && name.equals(owner)) {
      return readPackageNote(bytes.subarray(start, start + contentBytes));
    }
    at = start + padded(contentBytes);
  }
  return undefined;
}

function readPackageNote(content: Buffer): ElfNoteFacts | undefined {
  const end = content.indexOf(0);
  try {
    const note = parseJsonObject(end < 0 ? content : content.subarray(0, end));
    const [name, version] = [identifier(note?.name), identifier(note?.version)];
    if (note === undefined || name === undefined || version === undefined) return undefined;
    const cpe = /^cpe:(?:2\.3:|\/)o:[^:]+:([^:]+):([^:]+)/.exec(shortText(note.osCpe) ?? '');
    return {
      name,
      version,
      type: identifier(note.type, 20),
      // Debian writes it large, which os-release does not.
      os: (identifier(note.os, 50) ?? cpe?.[1])?.toLowerCase(),
      osVersion: identifier(note.osVersion, 50) ?? cpe?.[2],
      architecture: identifier(note.architecture, 50),
      license: shortText(note.license),
    };
  } catch {
    return undefined;
  }
}
