import { Buffer } from 'node:buffer';
import type { SbomSettings } from '@lading/config';
import { type Bom, cycloneDxJson, type DocumentOptions, spdxJson } from '@lading/sbom';

export type SbomFormat = NonNullable<SbomSettings['formats']>[number];

/** How a format is told apart where it is attached, and how it is called. */
export interface SbomKind {
  readonly format: SbomFormat;
  readonly name: string;
  /** Of a plain referrer. */
  readonly mediaType: string;
  /** Of an attestation. */
  readonly predicateType: string;
  /** Of a file. */
  readonly suffix: string;
}

const kinds: Readonly<Record<SbomFormat, SbomKind>> = {
  cyclonedx: {
    format: 'cyclonedx',
    name: 'CycloneDX',
    mediaType: 'application/vnd.cyclonedx+json',
    predicateType: 'https://cyclonedx.org/bom',
    suffix: '.cdx.json',
  },
  spdx: {
    format: 'spdx',
    name: 'SPDX',
    mediaType: 'application/spdx+json',
    predicateType: 'https://spdx.dev/Document',
    suffix: '.spdx.json',
  },
};

/** The formats that a configuration wants; both, when it does not say. */
export function sbomKinds({ formats = ['cyclonedx', 'spdx'] }: SbomSettings): readonly SbomKind[] {
  return [...new Set(formats)].map((format) => kinds[format]);
}

/** A BOM written in a format: the same bytes for the same BOM. */
export function writeDocument({ format }: SbomKind, bom: Bom, options: DocumentOptions): Buffer {
  const pieces = format === 'cyclonedx' ? cycloneDxJson(bom, options) : spdxJson(bom, options);
  return Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece)));
}
