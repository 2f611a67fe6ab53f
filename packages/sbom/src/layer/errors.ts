/** The codes that `readLayer` throws beside those of `@lading/oci`. */
export type LayerErrorCode =
  /** A layer that is no tar archive, or one that cannot be unpacked. */
  | 'ERR_LADING_LAYER'
  /** A layer of a kind that is not read: encrypted, squashfs, something unknown. */
  | 'ERR_LADING_LAYER_TYPE'
  /** A layer that is larger, or has more in it, than the limits allow. */
  | 'ERR_LADING_LAYER_LIMIT';
