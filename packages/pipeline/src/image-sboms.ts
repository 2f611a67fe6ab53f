import type { SbomSettings } from '@lading/config';
import { type Descriptor, formatPlatform, LadingError } from '@lading/oci';
import {
  type Bom,
  catalogue,
  catalogueIndex,
  type DocumentOptions,
  type Images,
  isLayerMediaType,
  type LayerReader,
  onlyImages,
} from '@lading/sbom';
import {
  type Attachment,
  attachDocument,
  attest,
  type Claim,
  listAttachments,
  listedAs,
  missingFormats,
  type TrustPolicy,
  type Verdict,
  verifyAttestation,
} from '@lading/sign';
import type { BlobTap, ContentStore } from '@lading/store';
import type { Reason } from '@lading/sync';
import { listingOf } from './listing.ts';
import type { Notice } from './notice.ts';
import { type SbomKind, sbomKinds, writeDocument } from './sbom-documents.ts';
import type { Signing, SigningAt } from './signing.ts';
import { Turns } from './turns.ts';
import type { VerifiedListings } from './verified-listings.ts';

/** What became of an image's SBOMs. */
export interface SbomResult {
  /** `present`: they were there, and valid. `none`: what was copied is no image. */
  readonly outcome: 'attached' | 'present' | 'none';
  /** Of the platform that has most; nothing when nothing was looked at. */
  readonly packages?: number | undefined;
  /** What was attached. */
  readonly documents: readonly AttachedSbom[];
}

export interface AttachedSbom {
  /** The image or index that it is attached to. */
  readonly subject: Descriptor;
  readonly format: SbomKind['format'];
  readonly way: 'attestation' | 'referrer';
}

/** An SBOM that was made, for who keeps it elsewhere. */
export interface MadeSbom {
  readonly bom: Bom;
  /** `.cdx.json`, `.spdx.json`. */
  readonly suffix: string;
  /** Of one image of several: `linux-arm64-v8`. */
  readonly platform?: string | undefined;
  readonly content: Uint8Array;
}

export interface ImageSbomsOptions {
  readonly reader: LayerReader;
  /** What the documents say of themselves. */
  readonly document: DocumentOptions;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly verified?: VerifiedListings | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

export interface AttachSbomsOptions {
  /** Make them anew where they are, and take the older ones away. */
  readonly replace: boolean;
  /** Called with each document before it is attached. */
  readonly onMade?: ((made: MadeSbom) => Promise<void>) | undefined;
}

/** What an image has attached, and what it lacks. */
interface Lack {
  readonly subject: Descriptor;
  readonly attachments: readonly Attachment[];
  readonly kinds: readonly SbomKind[];
}

/** How SBOMs are attached at one destination. */
interface Place {
  readonly store: ContentStore;
  /** Who attests them; nothing when nobody does. */
  readonly attested: SigningAt | undefined;
  readonly isReferrer: boolean;
}

/**
 * The SBOMs of one run's destinations: one for each image, and a thin one for the index that names them. The root's are attached last, so whoever
 * finds them finds those of its images.
 */
export class ImageSboms {
  readonly #kinds: readonly SbomKind[];
  readonly #settings: SbomSettings;
  readonly #signing: Signing | undefined;
  readonly #options: ImageSbomsOptions;
  readonly #turns = new Turns();
  readonly #noticed = new Set<string>();

  /** @throws {LadingError} `ERR_LADING_KEY`: SBOMs are to be attested, and there is nobody who signs. */
  constructor(settings: SbomSettings, signing: Signing | undefined, options: ImageSbomsOptions) {
    if (settings.attest === true && signing === undefined) {
      throw new LadingError('ERR_LADING_KEY', 'the configuration has "sbom.attest", and there is no signer', {
        hint: 'Set COSIGN_PRIVATE_KEY or name a key with sign.key; or say "attest: false".',
      });
    }
    this.#kinds = sbomKinds(settings);
    this.#settings = settings;
    this.#signing = settings.attest === false ? undefined : signing;
    this.#options = options;
  }

  /** Whether they are attestations, which stand in cosign's place for them, too. */
  get isAttested(): boolean {
    return this.#signing !== undefined;
  }

  /** Takes in a layer that is copied just now. Whoever is too slow reads it later. */
  async tap({ descriptor, bytes }: BlobTap): Promise<void> {
    if (!isLayerMediaType(descriptor.mediaType)) return bytes.cancel();
    await this.#options.reader.tap(descriptor, bytes, { signal: this.#options.signal });
  }

  /**
   * Why an image has to be catalogued; nothing when its SBOMs are there, or it is no image.
   * @param attachments What is attached to the image.
   */
  async lacks(
    store: ContentStore,
    image: Descriptor,
    attachments: readonly Attachment[],
  ): Promise<Reason | undefined> {
    const place = await this.#placeOf(store);
    const missing = await this.#missing(place, image, attachments);
    if (missing.length === 0) return undefined;
    const { images } = await this.#imagesOf(store, image);
    if (images.length === 0) return undefined;
    return { code: 'no-sbom', message: `no ${place.attested ? 'valid ' : ''}SBOM (${missing[0]!.name})` };
  }

  /**
   * Catalogues an image, or the images of an index, and attaches what was found. What has its SBOM is left alone, unless it is to be replaced.
   * @throws what cataloguing, the signer and the store throw
   */
  async attach(store: ContentStore, image: Descriptor, options: AttachSbomsOptions): Promise<SbomResult> {
    const found = await this.#imagesOf(store, image);
    if (found.images.length === 0) {
      this.#notice('not-an-image', `${store.name}@${image.digest} is no image and gets no SBOM`);
      return { outcome: 'none', documents: [] };
    }
    const place = await this.#placeOf(store);
    return this.#turns.take(`${store.name}@${image.digest}`, () => this.#attachAll(place, found, options));
  }

  async #attachAll(
    place: Place,
    { images, isIndex, root }: Images,
    options: AttachSbomsOptions,
  ): Promise<SbomResult> {
    const { store } = place;
    let packages: number | undefined;
    const writing: Promise<AttachedSbom[]>[] = [];
    for (const { descriptor, platform } of images) {
      const lack = await this.#lackOf(place, descriptor, options);
      if (lack.kinds.length === 0) continue;
      const bom = await this.#catalogue(store, descriptor);
      packages = Math.max(packages ?? 0, bom.packages.length);
      const named = isIndex && platform ? formatPlatform(platform).replaceAll('/', '-') : undefined;
      // While one is written the next is read.
      const written = this.#write(place, bom, lack, options, named);
      written.catch(() => undefined);
      writing.push(written);
    }
    const documents = (await Promise.all(writing)).flat();
    const lack = isIndex ? await this.#lackOf(place, root, options) : undefined;
    if (lack !== undefined && lack.kinds.length > 0) {
      const bom = await catalogueIndex(store, root.digest, {
        name: store.name,
        signal: this.#options.signal,
      });
      documents.push(...(await this.#write(place, bom, lack, options, undefined)));
    }
    return { outcome: documents.length > 0 ? 'attached' : 'present', packages, documents };
  }

  async #catalogue(store: ContentStore, { digest }: Descriptor): Promise<Bom> {
    const { reader, signal } = this.#options;
    const bom = await catalogue(store, digest, { name: store.name, reader, signal });
    for (const { message } of bom.notes) {
      this.#notice('sbom-incomplete', `the SBOM of ${store.name}@${digest.slice(0, 19)}: ${message}`);
    }
    return bom;
  }

  async #lackOf(place: Place, subject: Descriptor, { replace }: AttachSbomsOptions): Promise<Lack> {
    const attachments = await this.#attached(place, subject);
    const kinds = replace ? this.#kinds : await this.#missing(place, subject, attachments);
    return { subject, attachments, kinds };
  }

  /** Writes a BOM in the formats that an image lacks, and attaches them. */
  async #write(
    { store, attested, isReferrer }: Place,
    bom: Bom,
    { subject, attachments, kinds }: Lack,
    { replace, onMade }: AttachSbomsOptions,
    platform: string | undefined,
  ): Promise<AttachedSbom[]> {
    const { signal, clock, document } = this.#options;
    const documents: AttachedSbom[] = [];
    for (const kind of kinds) {
      const { format, mediaType, predicateType, suffix } = kind;
      const content = writeDocument(kind, bom, document);
      await onMade?.({ bom, suffix, platform, content });
      if (isReferrer) {
        await attachDocument(store, subject, mediaType, content, { signal });
        documents.push({ subject, format, way: 'referrer' });
      }
      if (attested === undefined) continue;
      const predicate = { type: predicateType, json: content.toString('utf8') };
      await attest(store, subject, { ...attested, predicate, replace, attachments, clock, signal });
      documents.push({ subject, format, way: 'attestation' });
    }
    return documents;
  }

  async #placeOf(store: ContentStore): Promise<Place> {
    const attested = await this.#signing?.(store);
    const isReferrer = this.#settings.referrer ?? (attested === undefined && this.#settings.attest !== false);
    if (isReferrer && attested === undefined && this.#settings.attest === undefined) {
      const message = 'nobody signs, so SBOMs are attached as plain referrers';
      this.#notice('sboms-unsigned', `${message}: whoever can write to the repository can change them`);
    }
    return { store, attested, isReferrer };
  }

  #attached({ store, attested }: Place, subject: Descriptor): Promise<readonly Attachment[]> {
    const tags = attested?.formats?.includes('legacy') ? (['attestations'] as const) : [];
    return listAttachments(attested?.signatures ?? store, subject, { tags, signal: this.#options.signal });
  }

  /** The kinds that an image lacks, in one way or another. */
  async #missing(
    { store, attested, isReferrer }: Place,
    subject: Descriptor,
    attachments: readonly Attachment[],
  ): Promise<readonly SbomKind[]> {
    const isAttached = ({ mediaType }: SbomKind): boolean =>
      attachments.some(({ kind, descriptor }) => kind === 'other' && descriptor.artifactType === mediaType);
    const unattached = isReferrer ? this.#kinds.filter((kind) => !isAttached(kind)) : [];
    if (attested === undefined) return unattached;
    const unattested = await this.#unattested(store, subject, attested, attachments);
    return this.#kinds.filter((kind) => unattached.includes(kind) || unattested.includes(kind));
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

  #imagesOf(store: ContentStore, { digest }: Descriptor): Promise<Images> {
    return onlyImages(store, digest, { signal: this.#options.signal });
  }

  #notice(code: Notice['code'], message: string): void {
    if (this.#noticed.has(message)) return;
    this.#noticed.add(message);
    this.#options.onNotice?.({ code, message });
  }
}

function isOf({ predicateType }: SbomKind, claim: Claim): boolean {
  return claim.kind === 'attestation' && claim.predicateType === predicateType;
}
