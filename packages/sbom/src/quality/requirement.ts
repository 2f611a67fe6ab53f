import type { ComponentView, DocumentView } from './view.ts';

/** What there is of a thing that is asked for: it is there, or that nobody knows it is, or neither. */
export type Finding = 'said' | 'unknown' | 'missing';

interface RequirementBase {
  /** Within its profile. */
  readonly id: string;
  /** As the profile calls it. */
  readonly title: string;
  /** Where the profile asks for it. */
  readonly clause: string;
  /** False for what is only asked for where it exists, which a document does not tell: it is shown and does not count. */
  readonly isScored: boolean;
}

export interface DocumentRequirement extends RequirementBase {
  readonly per: 'document';
  /** From 0 to 1, with what a reader has to know beside. */
  readonly check: (document: DocumentView) => {
    readonly share: 0 | 0.5 | 1;
    readonly detail?: string | undefined;
  };
}

export interface ComponentRequirement extends RequirementBase {
  readonly per: 'component';
  /** What is said to be unknown counts as well as what is known. */
  readonly takesUnknown: boolean;
  readonly check: (component: ComponentView) => Finding;
}

export type Requirement = DocumentRequirement | ComponentRequirement;

export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/** Requirements of one profile, which share what most of them have alike. */
export function requirementsOf(shared: { readonly takesUnknown: boolean }): {
  document(
    id: string,
    title: string,
    clause: string,
    check: DocumentRequirement['check'],
  ): DocumentRequirement;
  component(
    id: string,
    title: string,
    clause: string,
    check: ComponentRequirement['check'],
  ): ComponentRequirement;
} {
  return {
    document: (id, title, clause, check) => ({ id, title, clause, check, per: 'document', isScored: true }),
    component: (id, title, clause, check) => ({
      id,
      title,
      clause,
      check,
      per: 'component',
      isScored: true,
      takesUnknown: shared.takesUnknown,
    }),
  };
}

export function found(isThere: boolean, isUnknown = false): Finding {
  return isThere ? 'said' : isUnknown ? 'unknown' : 'missing';
}

export function whole(isThere: boolean, detail: string): { share: 0 | 1; detail?: string } {
  return isThere ? { share: 1 } : { share: 0, detail };
}
