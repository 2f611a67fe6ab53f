import type { Bom } from '../bom.ts';
import { batched, each, type Field, jsonPieces } from '../formats/batch.ts';
import { type CycloneDxOptions, documentOf } from './document.ts';

/**
 * Writes a BOM as CycloneDX JSON (ECMA-424), in pieces: a component a line, with no more than a few of them in memory.
 * The same BOM gives the same bytes, in whatever order its packages are. It is written by hand, as @cyclonedx/cyclonedx-library has no models
 * of evidence, compositions and lifecycles, and needs all components at once; its schemas judge the result in tests.
 */
export function* cycloneDxJson(bom: Bom, options: CycloneDxOptions): Generator<string, void, undefined> {
  yield* batched(jsonPieces(fieldsOf(bom, options)));
}

function* fieldsOf(bom: Bom, options: CycloneDxOptions): Generator<Field> {
  const document = documentOf(bom, options, (text) => text.toWellFormed());
  yield ['$schema', `http://cyclonedx.org/schema/bom-${document.version}.schema.json`];
  yield ['bomFormat', 'CycloneDX'];
  yield ['specVersion', document.version];
  yield ['serialNumber', document.serialNumber];
  yield ['version', 1];
  yield ['metadata', document.metadata];
  yield ['components', each(document.components)];
  yield ['dependencies', each(document.dependencies)];
  yield ['compositions', document.compositions];
}
