import type { Descriptor } from '@lading/oci';
import type { Images } from '@lading/sbom';
import {
  type Attachment,
  type Claim,
  listAttachments,
  listedAs,
  missingFormats,
  type TrustPolicy,
  type Verdict,
  verifyAttestation,
} from '@lading/sign';
import type { ContentStore } from '@lading/store';
import { listingOf } from './listing.ts';
import type { SbomKind } from './sbom-documents.ts';
import type { Place } from './sbom-place.ts';
import type { SigningAt } from './signing.ts';
import type { VerifiedListings } from './verified-listings.ts';

/** The kinds of SBOMs that an image lacks, by the way in which they are to be attached. */
export interface Missing {
  readonly attestations: readonly SbomKind[];
  readonly referrers: readonly SbomKind[];
}

export interface MissingSbomsOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly verified?: VerifiedListings | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks what images lack of the SBOMs that they are to have. */
export class MissingSboms {
  readonly #kinds: readonly SbomKind[];
  readonly #options: MissingSbomsOptions;

  constructor(kinds: readonly SbomKind[], options: MissingSbomsOptions) {
    this.#kinds = kinds;
    this.#options = options;
  }

  /**
   * What an image lacks.
   * @param attachments What is attached to it, where signatures are kept.
   */
  async of(
    { store, signatures, attested, isReferrer }: Place,
    subject: Descriptor,
    attachments: readonly Attachment[],
  ): Promise<Missing> {
    const beside = signatures === store ? attachments : undefined;
    return {
      referrers: isReferrer ? await this.#unattached(store, subject, beside) : [],
      attestations: attested ? await this.#unattested(store, subject, attested, attachments) : [],
    };
  }

  /** The kinds that no plain referrer is of. */
  async #unattached(
    store: ContentStore,
    subject: Descriptor,
    attachments?: readonly Attachment[],
  ): Promise<readonly SbomKind[]> {
    const { signal } = this.#options;
    const beside = attachments ?? (await listAttachments(store, subject, { tags: [], signal }));
    const types = beside.flatMap(({ kind, descriptor }) => (kind === 'other' ? descriptor.artifactType : []));
    return this.#kinds.filter(({ mediaType }) => !types.includes(mediaType));
  }

  /** A kind that one of the images has no plain referrer of. */
  async firstUnattached(store: ContentStore, images: Images['images']): Promise<SbomKind | undefined> {
    for (const { descriptor } of images) {
      const [kind] = await this.#unattached(store, descriptor);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }

  /** The kinds of which there is no valid attestation by the signer, whatever it says: an older lading may have found less. */
  async #unattested(
    store: ContentStore,
    subject: Descriptor,
    at: SigningAt,
    attachments: readonly Attachment[],
  ): Promise<readonly SbomKind[]> {
    const { clock, signal, verified } = this.#options;
    const wanted = this.#kinds.map(({ predicateType }) => predicateType);
    const question = { attachments, kinds: ['bundle', 'attestations'], wanted } as const;
    const listing = verified && (await listingOf(store, subject, at, question, signal));
    if (listing !== undefined && (await verified?.has(listing))) return [];
    let verdict: Promise<Verdict> | undefined;
    const look = (policy: TrustPolicy): Promise<Verdict> => {
      verdict ??= verifyAttestation(store, subject, {
        policy,
        signatures: at.signatures,
        attachments: listedAs(attachments, wanted),
        signal,
      });
      return verdict;
    };
    const missing: SbomKind[] = [];
    for (const kind of this.#kinds) {
      const formats = await missingFormats({ ...at, clock, signal }, async (policy) => {
        const { accepted, ...rest } = await look(policy);
        return { ...rest, accepted: accepted.filter(({ claim }) => isOf(kind, claim)) };
      });
      if (formats.length > 0) missing.push(kind);
    }
    if (listing !== undefined && missing.length === 0) await verified?.add(listing);
    return missing;
  }
}

function isOf({ predicateType }: SbomKind, claim: Claim): boolean {
  return claim.kind === 'attestation' && claim.predicateType === predicateType;
}
