import type { Config } from '@lading/config';
import { type Descriptor, LadingError } from '@lading/oci';
import { defaultCataloguers, LayerReader, parseAuthor } from '@lading/sbom';
import { listAttachments } from '@lading/sign';
import type { ContentStore } from '@lading/store';
import { apply, type Plan, type PlannedImage, plan, type Reason, type SyncHooks } from '@lading/sync';
import { admissionOf } from './admission.ts';
import { ArtifactNames } from './artifact-names.ts';
import { ImageSboms } from './image-sboms.ts';
import { ImageSigning, type SignatureResult } from './image-signing.ts';
import type { Notice } from './notice.ts';
import type {
  ApplyingEvent,
  PipelineOptions,
  PipelineReport,
  PlanningEvent,
  SbomOptions,
} from './pipeline-types.ts';
import type { MadeSbom, SbomResult } from './sbom-result.ts';
import { type Signing, signingOf } from './signing.ts';

/** As much of a configuration as the pipeline reads. */
export type PipelineConfig = Pick<Config, 'sync' | 'sign' | 'sbom'>;

/** What a configuration comes down to in one run: a plan, then its application, with the same signer and the same trust. */
export class Pipeline {
  readonly #config: PipelineConfig;
  readonly #options: PipelineOptions;
  readonly #signing: Signing | undefined;
  readonly #signatures: ImageSigning | undefined;
  readonly #sboms: ImageSboms | undefined;
  readonly #artifactNames: ArtifactNames;
  #onEvent: ((event: PlanningEvent & ApplyingEvent) => void) | undefined;

  /**
   * @throws {LadingError} `ERR_LADING_KEY`: the configuration wants signatures, and there is nobody who signs; `ERR_LADING_CONFIG`: SBOMs of two
   * entries would be written to one file
   */
  constructor(config: PipelineConfig, options: PipelineOptions) {
    this.#config = config;
    this.#options = options;
    const { clock, verified, signal } = options;
    const common = {
      clock,
      verified,
      signal,
      onNotice: (notice: Notice) => this.#onEvent?.({ type: 'notice', ...notice }),
    };
    this.#signing = signingOf(config, options);
    this.#signatures = this.#signing && new ImageSigning(this.#signing, common);
    const { sbom } = config;
    this.#artifactNames = new ArtifactNames(sbom ? config.sync : []);
    if (sbom === undefined || sbom === false) return;
    if (options.sbom === undefined)
      throw new LadingError(
        'ERR_LADING_UNSUPPORTED',
        'the configuration has "sbom", and the pipeline no "sbom" option',
      );
    const { tool, timestamp, cache } = options.sbom;
    const author = sbom.author === undefined ? undefined : parseAuthor(sbom.author);
    if (sbom.author !== undefined && author === undefined)
      throw new LadingError('ERR_LADING_CONFIG', '"sbom.author" names nobody', {
        hint: 'Write, for example, "Acme Security <security@acme.example>".',
      });
    const reader = new LayerReader({ cataloguers: defaultCataloguers, cache });
    this.#sboms = new ImageSboms(sbom, this.#signing, {
      ...common,
      reader,
      document: { tool, timestamp, author },
    });
  }

  /**
   * Finds out what is to be done. Reads only.
   * @throws the signal's reason, and nothing else: what cannot be looked at is an image of the action `failed`
   */
  async plan(onEvent?: (event: PlanningEvent) => void): Promise<Plan> {
    const { stores, clock, trust, lock, locked, concurrency, signal } = this.#options;
    this.#onEvent = onEvent;
    return await plan(this.#config.sync, {
      open: stores,
      clock,
      lock,
      locked,
      concurrency,
      signal,
      admit: admissionOf(this.#config, trust, signal),
      lacks:
        (this.#signatures ?? this.#sboms) &&
        ((_entry, image, { destination }) => this.#lacks(destination, image)),
      onEvent:
        onEvent &&
        ((event) => onEvent(event.type === 'entry:planned' ? { ...event, entry: event.image.entry } : event)),
    });
  }

  /**
   * Carries a plan out. An aborted run ends with a report, too.
   * @throws what says that nobody can sign, before anything is written
   */
  async apply(
    plan: Plan,
    onEvent: (event: ApplyingEvent) => void = () => undefined,
  ): Promise<PipelineReport> {
    const { clock, concurrency, blobConcurrency, ledger, signal } = this.#options;
    this.#onEvent = onEvent;
    await this.#prepare(plan);
    const attached = new Map<PlannedImage, Attached>();
    const report = await apply(plan, {
      clock,
      concurrency,
      blobConcurrency,
      ledger,
      signal,
      hooks: this.#hooks(attached, onEvent),
      onEvent(event) {
        if (event.type !== 'entry:done') return onEvent({ ...event, entry: event.image.entry });
        const { image, outcome } = event.result;
        const result = { ...event.result, ...attached.get(image) };
        onEvent({ type: 'entry:done', entry: image.entry, outcome, result });
      },
    });
    return {
      ...report,
      results: report.results.map((result) => ({ ...result, ...attached.get(result.image) })),
    };
  }

  async #prepare({ images }: Plan): Promise<void> {
    try {
      await this.#signatures?.prepare(new Set(images.flatMap(({ work }) => work?.stores.destination ?? [])));
    } catch (error) {
      // The report tells of an abort.
      if (this.#options.signal?.aborted !== true) throw error;
    }
  }

  /** Signatures and SBOMs are asked for in one listing. */
  async #lacks(destination: ContentStore, image: Descriptor): Promise<Reason | undefined> {
    const at = await this.#signing?.(destination);
    const isLegacy = at?.formats?.includes('legacy') === true;
    const tags = [
      ...(isLegacy ? (['signatures'] as const) : []),
      ...(isLegacy && this.#sboms?.isAttested === true ? (['attestations'] as const) : []),
    ];
    const { signal } = this.#options;
    const attachments = await listAttachments(at?.signatures ?? destination, image, { tags, signal });
    return (
      (await this.#sboms?.lacks(destination, image, attachments)) ??
      (await this.#signatures?.lacks(destination, image, attachments))
    );
  }

  #hooks(
    attached: Map<PlannedImage, Attached>,
    onEvent: (event: ApplyingEvent) => void,
  ): SyncHooks | undefined {
    const signatures = this.#signatures;
    const sboms = this.#sboms;
    if (signatures === undefined && sboms === undefined) return undefined;
    const { keep } = this.#options.sbom ?? {};
    const artifactNames = this.#artifactNames;
    return {
      ...(sboms && { onBlob: (_image, tap) => sboms.tap(tap) }),
      async beforeTag(image, subject, { destination }) {
        const { entry } = image;
        const replace = entry.always === true;
        if (sboms !== undefined) {
          onEvent({ type: 'entry:cataloguing', entry, image });
          const artifactName = artifactNames.of(entry, image.work!.tag);
          const onMade = keep && artifactName !== undefined ? keepAs(keep, artifactName) : undefined;
          const sbom = await sboms.attach(destination, subject, { replace, onMade });
          attached.set(image, { sbom });
        }
        if (signatures !== undefined) {
          onEvent({ type: 'entry:signing', entry, image });
          const signature = await signatures[replace ? 'replace' : 'sign'](destination, subject);
          attached.set(image, { ...attached.get(image), signature });
        }
      },
    };
  }
}

/** What an image got before its tag moved. */
interface Attached {
  readonly sbom?: SbomResult | undefined;
  readonly signature?: SignatureResult | undefined;
}

function keepAs(
  keep: NonNullable<SbomOptions['keep']>,
  artifactName: string,
): (made: MadeSbom) => Promise<void> {
  return (made) => keep(made, artifactName);
}
