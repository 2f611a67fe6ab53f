/** What an SBOM document says, whatever its format: just what the profiles ask for. */
export interface DocumentView {
  readonly format: 'CycloneDX' | 'SPDX';
  readonly formatVersion?: string | undefined;
  /** Who answers for the document: people and organisations. */
  readonly authors: readonly Party[];
  /** Who else may be meant by that, where no author is named: who supplies or makes what the document is about. */
  readonly suppliers: readonly Party[];
  readonly tools: readonly { readonly name?: string | undefined; readonly version?: string | undefined }[];
  readonly timestamp?: string | undefined;
  /** The states of the software that was looked at, as the document has them. */
  readonly contexts: readonly string[];
  /** Tells one edition of the document from the next. */
  readonly version?: string | undefined;
  readonly uri?: string | undefined;
  /** There is a signature in the document itself. */
  readonly isSigned: boolean;
  /** What the document is about and everything it lists, nested or not; files are no components of their own. Made as they are gone through, and once. */
  readonly components: Iterable<ComponentView>;
}

export interface ComponentView {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly isPrimary: boolean;
  readonly parties: readonly Party[];
  /** Package URLs, CPEs, SWID tags and the like. */
  readonly identifiers: readonly string[];
  /** Of the component or of the file it is distributed as. */
  readonly hashes: readonly {
    readonly algorithm?: string | undefined;
    readonly value?: string | undefined;
  }[];
  readonly licenses: readonly LicenseView[];
  /** Some relationship of it to another component is there, or that it has none is said. */
  readonly isRelated: boolean;
  /** What it needs itself is listed, be it nothing. */
  readonly hasDependencyList: boolean;
  /** Whether that list is complete is said, in whichever way. */
  readonly hasCompleteness: boolean;
  readonly file: {
    readonly name?: string | undefined;
    readonly isExecutableSaid: boolean;
    readonly isArchiveSaid: boolean;
    readonly isStructuredSaid: boolean;
  };
  readonly sourceUri?: string | undefined;
  readonly distributionUri?: string | undefined;
  /** What is said to be unknown. */
  readonly unknown: ReadonlySet<UnknownField>;
}

/** Somebody with at least one of these. */
export interface Party {
  readonly role: 'author' | 'manufacturer' | 'supplier';
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly url?: string | undefined;
}

export interface LicenseView {
  readonly text: string;
  /** An identifier or expression of SPDX by the place it stands in; whether it is a right one is another question. */
  readonly isExpression: boolean;
  readonly kind: 'concluded' | 'declared' | 'unsaid';
}

export type UnknownField = 'dependencies' | 'hash' | 'identifier' | 'license' | 'supplier' | 'version';

/** More components than any image has; a document beyond that is refused. */
export const maxComponents = 1_000_000;
