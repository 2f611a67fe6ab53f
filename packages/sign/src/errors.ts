/** The codes that `@lading/sign` throws beside those of `@lading/oci` and `@lading/store`. */
export type SignErrorCode =
  /** A key cannot be read, is of a kind that is not taken, or is not there. */
  | 'ERR_LADING_KEY'
  /** The password of a private key is missing or wrong. */
  | 'ERR_LADING_KEY_PASSWORD'
  /** A key service (AWS, Google, Azure, Vault) cannot be reached or refuses. */
  | 'ERR_LADING_KEY_SERVICE'
  /** There is no identity token, or it is expired, for another audience, or refused. */
  | 'ERR_LADING_TOKEN'
  /** Fulcio, Rekor or a timestamp authority cannot be reached or refuses. */
  | 'ERR_LADING_SIGSTORE_SERVICE'
  /** A trusted root is broken, expired, or lacks what the signature needs. */
  | 'ERR_LADING_TRUSTED_ROOT'
  /** A signing config cannot be read, or names no usable service. */
  | 'ERR_LADING_SIGNING_CONFIG'
  /** A predicate or its type cannot be attested. */
  | 'ERR_LADING_PREDICATE'
  /** What is asked to be verified has no signature or attestation at all. */
  | 'ERR_LADING_UNSIGNED'
  /** There are signatures or attestations, and none of them is valid for whom was asked. */
  | 'ERR_LADING_UNVERIFIED'
  /** A trust policy cannot be carried out: a pattern that cannot be read, no one to trust, more signers asked for than named. */
  | 'ERR_LADING_TRUST_POLICY'
  /** Attached content is larger or more than is read. */
  | 'ERR_LADING_ATTACHMENT_LIMIT'
  /** What is under a signature's tag is not what belongs there; it is left alone. */
  | 'ERR_LADING_ATTACHMENT';
