export type NoticeCode =
  /** The signer's own signatures cannot be told from those of others, so every run adds one to every image. */
  | 'signer-unrecognisable'
  /** Older signatures could not be removed once the new one was there. They do no harm. */
  | 'signatures-left'
  /** Nobody signs, so SBOMs are attached without a signature: whoever can write to the repository can change them. */
  | 'sboms-unsigned'
  /** What is copied is no image, so it has no SBOM. */
  | 'not-an-image'
  /** An SBOM is not complete; the message says why. */
  | 'sbom-incomplete';

/** Something that is worth a line and no failure. */
export interface Notice {
  readonly code: NoticeCode;
  readonly message: string;
}
