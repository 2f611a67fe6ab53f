export type ProfileName = 'bsi-tr-03183-2' | 'cisa-2026' | 'ntia-2021';

/** How good a document is: plain JSON. */
export interface QualityReport {
  readonly document: {
    readonly format: 'CycloneDX' | 'SPDX';
    readonly formatVersion?: string;
    /** How many were judged: what the document is about and all that it lists, without files. */
    readonly components: number;
  };
  /** The mean of the profiles' scores. */
  readonly score: number;
  readonly profiles: readonly ProfileReport[];
}

export interface ProfileReport {
  readonly name: ProfileName;
  readonly title: string;
  /**
   * From 0 to 100, in tenths, rounded down: the mean of the shares of the requirements that count. A share is the part of the components
   * that have it; of what is asked of the document it is 1, or 0.5 for half of it.
   */
  readonly score: number;
  readonly requirements: readonly RequirementReport[];
}

export interface RequirementReport {
  readonly id: string;
  readonly title: string;
  /** Where the profile asks for it. */
  readonly clause: string;
  readonly per: 'component' | 'document';
  /** False for what is asked for only where it exists: shown, and not part of the score. */
  readonly isScored: boolean;
  readonly outcome: 'met' | 'missing' | 'partly';
  /** From 0 to 1. */
  readonly share: number;
  /** What is missing in the document, in words. */
  readonly detail?: string;
  readonly components?: {
    readonly total: number;
    readonly said: number;
    /** Said to be unknown, which some profiles take. */
    readonly unknown: number;
    /** Up to ten of those that lack it. */
    readonly examples: readonly string[];
  };
}
