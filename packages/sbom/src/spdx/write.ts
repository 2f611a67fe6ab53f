import type { Bom } from '../bom.ts';
import { batched, jsonPieces } from '../formats/batch.ts';
import type { DocumentOptions } from '../formats/options.ts';
import { spdx2Fields } from './version-2.ts';
import { spdx3Fields } from './version-3.ts';

export interface SpdxOptions extends DocumentOptions {
  /** 2.3 by default, which most readers know; BSI TR-03183-2 takes 3.0.1 alone. */
  readonly version?: '2.3' | '3.0.1' | undefined;
}

/** Writes a BOM as SPDX: JSON of 2.3 (the successor of ISO/IEC 5962), or JSON-LD of 3.0.1; in pieces, an element a line. The same BOM gives the same bytes. */
export function* spdxJson(bom: Bom, options: SpdxOptions): Generator<string, void, undefined> {
  const fields = options.version === '3.0.1' ? spdx3Fields(bom, options) : spdx2Fields(bom, options);
  yield* batched(jsonPieces(fields));
}
