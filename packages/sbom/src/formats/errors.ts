import { LadingError } from '@lading/oci';

/** The code that readers of SBOMs throw: the document is none, is none of a version that is read, or is larger than the limits allow. */
export type SbomErrorCode = 'ERR_LADING_SBOM';

export function sbomError(message: string, cause?: unknown): LadingError<SbomErrorCode> {
  return new LadingError('ERR_LADING_SBOM', message, { cause });
}
