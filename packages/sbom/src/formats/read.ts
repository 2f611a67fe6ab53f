import { digestOf } from '@lading/oci';
import type { Bom } from '../bom.ts';
import { bomOfCycloneDx } from '../cyclonedx/read.ts';
import { jsonOfXml } from '../cyclonedx/read-xml.ts';
import { parseSpdx, spdxVersionOf } from '../spdx/read.ts';
import { parseSyftJson } from '../syft/read.ts';
import { parseBoundedJson, textOfDocument } from './document-text.ts';
import { withoutEnvelope } from './envelope.ts';
import { sbomError } from './errors.ts';
import { type SbomLimits, sbomLimits } from './limits.ts';
import { objectOf, textOf } from './values.ts';

export type SbomFormat = 'cyclonedx-json' | 'cyclonedx-xml' | 'spdx-json' | 'syft-json';

export interface ReadSbom {
  readonly format: SbomFormat;
  /** Of the format: `1.6`, `2.3`. */
  readonly version: string;
  readonly bom: Bom;
}

/**
 * Reads an SBOM of any format that lading knows, also one that is wrapped in an attestation (Sigstore bundle, DSSE envelope, in-toto statement).
 * Signatures are not looked at: verify before you trust.
 * @throws {LadingError} `ERR_LADING_SBOM`
 */
export function readSbom(document: string | Uint8Array, limits: Partial<SbomLimits> = {}): ReadSbom {
  const all = { ...sbomLimits, ...limits };
  const text = textOfDocument(document, all);
  const digest = (): ReturnType<typeof digestOf> => digestOf(new TextEncoder().encode(text));
  if (/^\s*</.test(text)) {
    const value = jsonOfXml(text, all);
    const version = textOf(value.specVersion) ?? '';
    return { format: 'cyclonedx-xml', version, bom: bomOfCycloneDx(value, all, digest) };
  }
  const value = withoutEnvelope(parseBoundedJson(text, all), all);
  const found = objectOf(value) ?? {};
  if (found.bomFormat === 'CycloneDX') {
    const version = textOf(found.specVersion) ?? '';
    return { format: 'cyclonedx-json', version, bom: bomOfCycloneDx(value, all, digest) };
  }
  const spdx = spdxVersionOf(found);
  if (spdx !== undefined) return { format: 'spdx-json', version: spdx, bom: parseSpdx(value) };
  const syft = textOf(objectOf(found.schema)?.version);
  if (syft !== undefined && Array.isArray(found.artifacts)) {
    return { format: 'syft-json', version: syft, bom: parseSyftJson(value) };
  }
  throw sbomError('this is no SBOM of CycloneDX, SPDX or syft');
}
