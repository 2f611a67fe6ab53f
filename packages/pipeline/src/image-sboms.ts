import type { SbomSettings } from '@lading/config';
import { type Descriptor, isIndexMediaType, LadingError } from '@lading/oci';
import {
  type Bom,
  catalogueImage,
  type DocumentOptions,
  type Image,
  type ImageManifestAt,
  type Images,
  indexBom,
  isLayerMediaType,
  type LayerReader,
  onlyImages,
  platformNames,
  readImage,
  subjectOf,
} from '@lading/sbom';
import { type Attachment, attachDocument, attest, listAttachments } from '@lading/sign';
import { type BlobTap, type ContentStore, createLimiter, forEachOf, type Limiter } from '@lading/store';
import type { Reason } from '@lading/sync';
import { type Missing, MissingSboms, type MissingSbomsOptions } from './missing-sboms.ts';
import type { Notice } from './notice.ts';
import { type SbomKind, sbomKinds, writeDocument } from './sbom-documents.ts';
import { checkHolds, isNowhere, type Place, placeOfIndex } from './sbom-place.ts';
import type { AttachedSbom, AttachSbomsOptions, SbomResult } from './sbom-result.ts';
import type { Signing } from './signing.ts';
import { Turns } from './turns.ts';

export interface ImageSbomsOptions extends MissingSbomsOptions {
  readonly reader: LayerReader;
  /** What the documents say of themselves. */
  readonly document: DocumentOptions;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** What an image has attached, and what it lacks. */
interface Lack extends Missing {
  readonly subject: Descriptor;
  readonly attachments: readonly Attachment[];
  /** The documents to make. */
  readonly kinds: readonly SbomKind[];
}

/** What was made for one image; nothing when it lacked nothing. */
interface MadeOfImage {
  readonly subject?: Bom['subject'];
  readonly packages?: number;
  readonly documents: readonly AttachedSbom[];
}

/** Of one index. */
const imagesAtOnce = 2;
/** Packages from which the documents of one image are in memory one after the other: there they have tens of megabytes. */
const largeBom = 20_000;
/** Of one run: two cores are busy with two, and each holds the facts of all its layers. */
const cataloguesAtOnce = 2;

/**
 * The SBOMs of one run's destinations: one for each image, and a thin one for the index that names them. The root's are attached last, so whoever
 * finds them finds those of its images.
 */
export class ImageSboms {
  readonly #kinds: readonly SbomKind[];
  readonly #settings: SbomSettings;
  readonly #signing: Signing | undefined;
  readonly #options: ImageSbomsOptions;
  readonly #missing: MissingSboms;
  readonly #turns = new Turns();
  readonly #cataloguing: Limiter;
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
    this.#signing = signing;
    this.#options = options;
    this.#missing = new MissingSboms(this.#kinds, options);
    this.#cataloguing = createLimiter(cataloguesAtOnce, options.signal);
  }

  /** Whether they are attestations, which stand in cosign's place for them, too. */
  get isAttested(): boolean {
    return this.#signing !== undefined && this.#settings.attest !== false;
  }

  /** Takes in a layer that is copied just now. Whoever is too slow reads it later. */
  async tap({ descriptor, bytes }: BlobTap): Promise<void> {
    if (!isLayerMediaType(descriptor.mediaType)) return bytes.cancel();
    const { reader, signal } = this.#options;
    // It is read again when its image is catalogued, and what is wrong with it is said there. No image has to name it.
    await reader.tap(descriptor, bytes, { signal }).catch(() => undefined);
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
    checkHolds(place);
    const isIndex = isIndexMediaType(image.mediaType);
    const { attestations, referrers } = await this.#missing.of(
      isIndex ? placeOfIndex(place) : place,
      image,
      attachments,
    );
    const missing = this.#kinds.find((kind) => attestations.includes(kind) || referrers.includes(kind));
    // What an index has attested speaks for its images, too; of their plain referrers it says nothing.
    const isSpokenFor = !(isIndex && place.isReferrer);
    if (missing === undefined && isSpokenFor) return undefined;
    const { images } = await this.#imagesOf(store, image);
    if (images.length === 0) return undefined;
    const kind = missing ?? (await this.#missing.firstUnattached(store, images));
    return kind && { code: 'no-sbom', message: `no ${place.attested ? 'valid ' : ''}SBOM (${kind.name})` };
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
    if (isNowhere(place) && options.onMade === undefined) return { outcome: 'none', documents: [] };
    checkHolds(place);
    const { images, isIndex, root } = found;
    const names = isIndex ? platformNames(images.map(({ platform }) => platform)) : [];
    const made: MadeOfImage[] = new Array<MadeOfImage>(images.length);
    // While those of one are written the next is read.
    const work = async ([index, one]: readonly [number, ImageManifestAt]): Promise<void> => {
      made[index] = await this.#attachToImage(place, one, names[index], options);
    };
    await forEachOf(images.entries(), imagesAtOnce, work, this.#options.signal);
    const documents = made.flatMap((one) => one.documents);
    if (isIndex) documents.push(...(await this.#attachToIndex(place, root, images, made, options)));
    const packages = made.flatMap((one) => one.packages ?? []);
    return {
      outcome: documents.length > 0 ? 'attached' : isNowhere(place) ? 'made' : 'present',
      packages: packages.length === 0 ? undefined : Math.max(...packages),
      documents,
    };
  }

  /** Several tags, and several indexes, may have one image, and two of them must not attach to it at the same moment. */
  async #attachToImage(
    place: Place,
    image: ImageManifestAt,
    platform: string | undefined,
    options: AttachSbomsOptions,
  ): Promise<MadeOfImage> {
    const { store } = place;
    return this.#turns.take(`${store.name}@${image.descriptor.digest}`, async () => {
      const lack = await this.#lackOf(place, image.descriptor, options);
      if (lack.kinds.length === 0) return { documents: [] };
      const read = await readImage(store, image, { signal: this.#options.signal });
      const bom = await this.#catalogue(store, read);
      return {
        subject: bom.subject,
        packages: bom.packages.length,
        documents: await this.#write(place, bom, lack, options, platform),
      };
    });
  }

  async #attachToIndex(
    place: Place,
    root: Descriptor,
    images: readonly ImageManifestAt[],
    made: readonly MadeOfImage[],
    options: AttachSbomsOptions,
  ): Promise<AttachedSbom[]> {
    const { store } = place;
    const ofIndex = placeOfIndex(place);
    const { signal } = this.#options;
    return this.#turns.take(`${store.name}@${root.digest}`, async () => {
      const lack = await this.#lackOf(ofIndex, root, options);
      if (lack.kinds.length === 0) return [];
      const subjects: Bom['subject'][] = [];
      for (const [index, image] of images.entries()) {
        const { subject } = made[index]!;
        subjects.push(subject ?? subjectOf(store.name, await readImage(store, image, { signal })));
      }
      return this.#write(ofIndex, indexBom(store.name, root, subjects), lack, options, undefined);
    });
  }

  async #catalogue(store: ContentStore, image: Image): Promise<Bom> {
    const { reader, signal } = this.#options;
    const options = { name: store.name, reader, signal };
    const bom = await this.#cataloguing.run(() => catalogueImage(store, image, options));
    const name = `${store.name}@${image.descriptor.digest.slice(0, 19)}`;
    for (const { message } of bom.notes) this.#notice('sbom-incomplete', `the SBOM of ${name}: ${message}`);
    return bom;
  }

  async #lackOf(place: Place, subject: Descriptor, { replace, onMade }: AttachSbomsOptions): Promise<Lack> {
    const all = this.#kinds;
    if (isNowhere(place)) {
      const kinds = onMade === undefined ? [] : all;
      return { subject, attachments: [], kinds, attestations: [], referrers: [] };
    }
    const attachments = await this.#attached(place, subject);
    const { attestations, referrers } = replace
      ? { attestations: place.attested ? all : [], referrers: place.isReferrer ? all : [] }
      : await this.#missing.of(place, subject, attachments);
    const kinds = all.filter((kind) => attestations.includes(kind) || referrers.includes(kind));
    return { subject, attachments, kinds, attestations, referrers };
  }

  /** Writes a BOM in the formats that an image lacks, and attaches them. */
  async #write(
    { store, attested }: Place,
    bom: Bom,
    { subject, attachments, kinds, attestations, referrers }: Lack,
    { replace, onMade }: AttachSbomsOptions,
    platform: string | undefined,
  ): Promise<AttachedSbom[]> {
    const { signal, clock, document } = this.#options;
    const documents: AttachedSbom[][] = kinds.map(() => []);
    const work = async ([index, kind]: readonly [number, SbomKind]): Promise<void> => {
      const { format, mediaType, predicateType, suffix } = kind;
      const content = writeDocument(kind, bom, document);
      await onMade?.({ bom, suffix, platform, content });
      if (referrers.includes(kind)) {
        await attachDocument(store, subject, mediaType, content, { signal });
        documents[index]!.push({ subject, format, way: 'referrer' });
      }
      if (attested === undefined || !attestations.includes(kind)) return;
      const predicate = { type: predicateType, json: content.toString('utf8') };
      await attest(store, subject, { ...attested, predicate, replace, attachments, clock, signal });
      documents[index]!.push({ subject, format, way: 'attestation' });
    };
    // Where there is no referrers API, a list is looked at once more some time after it was changed: all wait for that together.
    const atOnce = bom.packages.length > largeBom ? 1 : kinds.length;
    await forEachOf(kinds.entries(), atOnce, work, signal);
    return documents.flat();
  }

  async #placeOf(store: ContentStore): Promise<Place> {
    const { attest, referrer } = this.#settings;
    const signing = await this.#signing?.(store);
    const attested = attest === false ? undefined : signing;
    const isReferrer = referrer ?? attested === undefined;
    if (isReferrer && attested === undefined && attest === undefined) {
      const message = 'nobody signs, so SBOMs are attached as plain referrers';
      this.#notice('sboms-unsigned', `${message}: whoever can write to the repository can change them`);
    }
    return { store, signatures: signing?.signatures ?? store, attested, isReferrer };
  }

  #attached({ signatures, attested }: Place, subject: Descriptor): Promise<readonly Attachment[]> {
    const tags = attested?.formats?.includes('legacy') ? (['attestations'] as const) : [];
    return listAttachments(signatures, subject, { tags, signal: this.#options.signal });
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
