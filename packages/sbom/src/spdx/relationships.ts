import { objectsOf, textOf } from '../formats/values.ts';

export interface Relationship {
  readonly from: string;
  /** `DEPENDS_ON`; in capitals. */
  readonly type: string;
  readonly to: string;
  readonly comment: string;
}

/** The relationships of a document, without those that have an end missing. */
export function relationshipsOf(list: unknown): Relationship[] {
  return objectsOf(list).flatMap((relationship) => {
    const from = textOf(relationship.spdxElementId);
    const type = textOf(relationship.relationshipType);
    const to = textOf(relationship.relatedSpdxElement);
    if (from === undefined || type === undefined || to === undefined) return [];
    return [{ from, type: type.toUpperCase(), to, comment: textOf(relationship.comment) ?? '' }];
  });
}
