import { type Descriptor, LadingError } from '@lading/oci';
import {
  type Attachment,
  listAttachments,
  listedAs,
  missingFormats,
  replaceSignatures,
  type SignatureFormat,
  type SignatureLocation,
  type Signer,
  sign,
  verify,
} from '@lading/sign';
import type { ContentStore } from '@lading/store';
import type { Reason } from '@lading/sync';
import { listingOf } from './listing.ts';
import type { Notice } from './notice.ts';
import type { Signing, SigningAt } from './signing.ts';
import { Turns } from './turns.ts';
import type { Listing, VerifiedListings } from './verified-listings.ts';

/** What became of an image's signature. */
export interface SignatureResult {
  /** `present`: it was there, and valid. `replaced`: a new one was added, and then older ones by the same signer were removed. */
  readonly outcome: 'signed' | 'present' | 'replaced';
  /** For people: `cosign.key`, `keyless`. */
  readonly signer: string;
  readonly written: readonly SignatureLocation[];
}

export interface ImageSigningOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly verified?: VerifiedListings | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** The signatures of one run's destinations. */
export class ImageSigning {
  readonly #signing: Signing;
  readonly #options: ImageSigningOptions;
  /** Several tags of a repository may stand for one image, and two of them must not sign it at the same moment. */
  readonly #turns = new Turns();
  readonly #noticed = new Set<string>();

  constructor(signing: Signing, options: ImageSigningOptions) {
    this.#signing = signing;
    this.#options = options;
  }

  /**
   * Finds out who will sign, so that a missing identity token or signing config is known before anything is written.
   * @throws what the signers throw
   */
  async prepare(stores: Iterable<ContentStore>): Promise<void> {
    const signers = new Set<Signer>();
    for (const store of stores) signers.add((await this.#signing(store)).signer);
    for (const signer of signers) await signer.authority({ signal: this.#options.signal });
  }

  /**
   * Why an image has to be signed; nothing when it has a valid signature in each format that is wanted.
   * @param attachments What is attached to the image.
   */
  async lacks(
    store: ContentStore,
    image: Descriptor,
    attachments: readonly Attachment[],
  ): Promise<Reason | undefined> {
    const at = await this.#signing(store);
    await this.#noticeUnrecognisable(at);
    const missing = await this.#missing(store, image, at, attachments);
    if (missing.length === 0) return undefined;
    const what = missing.length === at.formats?.length ? 'signature' : nouns[missing[0]!];
    return { code: 'unsigned', message: `no valid ${what} by ${at.signer.name}` };
  }

  /**
   * Signs an image, unless it is signed already. What was written is looked for in one listing: what a store lists by digest is what was sent.
   * @throws {LadingError} `ERR_LADING_UNVERIFIED`: it is not there; else what signer and store throw
   */
  async sign(store: ContentStore, image: Descriptor): Promise<SignatureResult> {
    return this.#inTurn(store, image, async (at) => {
      const { clock, signal } = this.#options;
      const [{ outcome, written } = nothingSigned] = await sign(store, image, { ...at, clock, signal });
      if (outcome === 'signed') await this.#check(store, image, at, written);
      return { outcome, written };
    });
  }

  /** Signs an image anew and then takes away the older signatures by the same signer. */
  async replace(store: ContentStore, image: Descriptor): Promise<SignatureResult> {
    return this.#inTurn(store, image, async (at) => {
      const { clock, signal } = this.#options;
      const { written, left } = await replaceSignatures(store, image, { ...at, clock, signal });
      if (left !== undefined) {
        const message = `older signatures of ${store.name}@${image.digest} stay: ${(left as Error).message}`;
        this.#options.onNotice?.({ code: 'signatures-left', message });
      }
      return { outcome: 'replaced', written };
    });
  }

  async #noticeUnrecognisable({ signer, trustedRoot }: SigningAt): Promise<void> {
    const authority = await signer.authority({ signal: this.#options.signal });
    if (authority?.kind === 'key' || (authority !== undefined && trustedRoot !== undefined)) return;
    if (this.#noticed.has(signer.name)) return;
    this.#noticed.add(signer.name);
    const how =
      authority === undefined ? 'name "identity" and "issuer" under sign.keyless' : 'it takes a trusted root';
    const message = `signatures by ${signer.name} cannot be recognised, so every run adds one: ${how}`;
    this.#options.onNotice?.({ code: 'signer-unrecognisable', message });
  }

  async #inTurn(
    store: ContentStore,
    image: Descriptor,
    work: (at: SigningAt) => Promise<Omit<SignatureResult, 'signer'>>,
  ): Promise<SignatureResult> {
    const at = await this.#signing(store);
    const { signatures = store, signer } = at;
    if (signatures.updateTag === undefined) {
      throw new LadingError('ERR_LADING_UNSUPPORTED', `${signatures.name} cannot hold signatures`, {
        hint: 'Write an oci-archive instead, or give this entry a configuration of its own with "sign: false".',
      });
    }
    const done = await this.#turns.take(`${signatures.name}@${image.digest}`, () => work(at));
    return { ...done, signer: signer.name };
  }

  async #check(
    store: ContentStore,
    image: Descriptor,
    at: SigningAt,
    written: readonly SignatureLocation[],
  ): Promise<void> {
    const attachments = await this.#attached(store, image, at);
    const listed = new Set(attachments.map(({ descriptor, tag }) => `${tag} ${descriptor.digest}`));
    const isAllNew = written.length === at.formats?.length;
    if (isAllNew && written.every(({ manifest, tag }) => listed.has(`${tag} ${manifest}`))) {
      // A key's own signature is valid. Whether a certificate or a log entry is, by the trusted root, only a verification tells: the next run's.
      const { log, timestamp } = at.signer.witnesses;
      const listing =
        log === 'none' && !timestamp ? await this.#listing(store, image, at, attachments) : undefined;
      if (listing !== undefined) await this.#options.verified?.add(listing);
      return;
    }
    // One format may have been there before; and somebody may have added theirs under the same tag meanwhile, which makes another manifest.
    const missing = await this.#missing(store, image, at, attachments);
    if (missing.length === 0) return;
    throw new LadingError(
      'ERR_LADING_UNVERIFIED',
      `the ${nouns[missing[0]!]} of ${image.digest} was written, and is not there`,
      { hint: 'Somebody may have removed it, or the registry has lost it: sync again.' },
    );
  }

  async #attached(
    store: ContentStore,
    image: Descriptor,
    { signatures = store, formats }: SigningAt,
  ): Promise<readonly Attachment[]> {
    const tags = formats?.includes('legacy') === false ? [] : (['signatures'] as const);
    return listAttachments(signatures, image, { tags, signal: this.#options.signal });
  }

  /** The formats in which there is no valid signature. */
  async #missing(
    store: ContentStore,
    image: Descriptor,
    at: SigningAt,
    attachments: readonly Attachment[],
  ): Promise<readonly SignatureFormat[]> {
    const { clock, signal, verified } = this.#options;
    const listing = verified && (await this.#listing(store, image, at, attachments));
    if (listing !== undefined && (await verified?.has(listing))) return [];
    const { signatures, annotations } = at;
    const missing = await missingFormats({ ...at, clock, signal }, (policy) =>
      verify(store, image, {
        policy,
        annotations,
        signatures,
        attachments: listedAs(attachments, 'signature'),
        signal,
      }),
    );
    if (listing !== undefined && missing.length === 0) await verified?.add(listing);
    return missing;
  }

  #listing(
    store: ContentStore,
    image: Descriptor,
    at: SigningAt,
    attachments: readonly Attachment[],
  ): Promise<Listing | undefined> {
    const question = { attachments, kinds: ['bundle', 'signatures'], wanted: at.annotations } as const;
    return listingOf(store, image, at, question, this.#options.signal);
  }
}

const nothingSigned: { readonly outcome: 'present'; readonly written: readonly SignatureLocation[] } = {
  outcome: 'present',
  written: [],
};

const nouns: Readonly<Record<SignatureFormat, string>> = { bundle: 'bundle', legacy: '.sig' };
