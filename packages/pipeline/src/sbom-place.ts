import { LadingError } from '@lading/oci';
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

/**
 * An archive for docker holds images and nothing else: what refers to them would be gone when it is written.
 * @throws {LadingError} `ERR_LADING_UNSUPPORTED`
 */
export function checkHolds({ store, signatures, attested, isReferrer }: Place): void {
  const needed = [...(attested ? [signatures] : []), ...(isReferrer ? [store] : [])];
  const unable = needed.find(({ updateTag }) => updateTag === undefined);
  if (unable === undefined) return;
  throw new LadingError('ERR_LADING_UNSUPPORTED', `${unable.name} cannot hold SBOMs`, {
    hint: 'Write an oci-archive instead, or give this entry a configuration of its own with "sbom: false".',
  });
}
