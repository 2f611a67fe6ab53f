import type { ContentStore } from '@lading/store';
import type { SigningAt } from './signing.ts';

/** How SBOMs are attached at one destination. */
export interface Place {
  readonly store: ContentStore;
  /** Where signatures and attestations are kept; plain referrers are always beside the image. */
  readonly signatures: ContentStore;
  /** Who attests them; nothing when nobody does. */
  readonly attested: SigningAt | undefined;
  readonly isReferrer: boolean;
}

/**
 * How the SBOM of an index is attached, which names its images and no package: never as a plain referrer. A scanner that takes that for the packages
 * of the image, as trivy does, finds none and says that all is well.
 */
export function placeOfIndex(place: Place): Place {
  return { ...place, isReferrer: false };
}

export function isNowhere({ attested, isReferrer }: Place): boolean {
  return attested === undefined && !isReferrer;
}
