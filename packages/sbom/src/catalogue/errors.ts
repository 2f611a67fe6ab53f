/** The codes that `catalogue` throws beside those of stores, of `@lading/oci` and of `readLayer`. */
export type CatalogueErrorCode =
  /** An artifact (a chart, a signature, an attestation) where an image is asked for, or an image whose config does not fit it. */
  | 'ERR_LADING_NOT_AN_IMAGE'
  /** A folder that is to be catalogued is not there or cannot be read. */
  | 'ERR_LADING_FOLDER';
