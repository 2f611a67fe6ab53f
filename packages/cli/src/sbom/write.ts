import { formatPlatform } from '@lading/oci';
import {
  type Bom,
  type CycloneDxVersion,
  cycloneDxJson,
  cycloneDxXml,
  type DocumentOptions,
  githubSnapshot,
  packageTable,
  type SpdxOptions,
  spdxJson,
  syftJson,
} from '@lading/sbom';
import type { Context } from '../context.ts';
import { githubOptions } from './document-options.ts';
import type { SbomOutput } from './output-spec.ts';

export interface WriteOptions {
  readonly document: DocumentOptions;
  readonly context: Pick<Context, 'env'>;
  /** Columns of the terminal that a table goes to. */
  readonly width?: number | undefined;
}

/** A BOM in a format, in pieces. It ends with the end of a line. */
export function* writeBom(
  bom: Bom,
  { format, version }: SbomOutput,
  { document, context, width }: WriteOptions,
): Generator<string, void, undefined> {
  const cycloneDx = { ...document, version: version as CycloneDxVersion | undefined };
  switch (format) {
    case 'cyclonedx-json':
      return yield* ended(cycloneDxJson(bom, cycloneDx));
    case 'cyclonedx-xml':
      return yield* ended(cycloneDxXml(bom, cycloneDx));
    case 'spdx-json':
      return yield* ended(spdxJson(bom, { ...document, version: version as SpdxOptions['version'] }));
    case 'syft-json':
      return yield* ended(syftJson(bom, document));
    case 'github': {
      const snapshot = githubSnapshot(bom, { ...document, ...githubOptions(context, correlate(bom)) });
      return yield `${JSON.stringify(snapshot, null, 2)}\n`;
    }
    case 'table': {
      const { lines } = packageTable(bom, { width });
      for (const line of lines) yield `${line}\n`;
    }
  }
}

/** What stays the same from one build of an image to the next. */
function correlate({ subject: { name, platform } }: Bom): string {
  return platform === undefined ? name : `${name} ${formatPlatform(platform)}`;
}

function* ended(pieces: Iterable<string>): Generator<string, void, undefined> {
  let last = '';
  for (const piece of pieces) {
    if (piece !== '') last = piece;
    yield piece;
  }
  if (!last.endsWith('\n')) yield '\n';
}

/** A JSON document on one line: its texts have no line breaks, all there are is layout. */
export function* onOneLine(pieces: Iterable<string>): Generator<string, void, undefined> {
  for (const piece of pieces) yield piece.replaceAll('\n', '');
  yield '\n';
}
