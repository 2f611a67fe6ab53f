import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bom, cycloneDxJson, cycloneDxXml, spdxJson } from '@lading/sbom';

const options = { tool: { name: 'lading', version: '0.0.0-interop' } } as const;

export type Format = 'CycloneDX 1.6 as JSON' | 'CycloneDX 1.6 as XML' | 'SPDX 2.3 as JSON';

/** The formats of documents that others read. */
export const formats: Readonly<Record<Format, (bom: Bom) => Iterable<string>>> = {
  'CycloneDX 1.6 as JSON': (bom) => cycloneDxJson(bom, options),
  'CycloneDX 1.6 as XML': (bom) => cycloneDxXml(bom, options),
  'SPDX 2.3 as JSON': (bom) => spdxJson(bom, options),
};

/** A document in a file, which is removed again. */
export async function documentFile(
  text: Iterable<string>,
): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-document-'));
  const path = join(folder, 'sbom');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
