import type { Config } from '@lading/config';
import { apply, type Plan, type PlannedImage, plan, type SyncHooks } from '@lading/sync';
import { admissionOf } from './admission.ts';
import { ImageSigning, type SignatureResult } from './image-signing.ts';
import type { ApplyingEvent, PipelineOptions, PipelineReport, PlanningEvent } from './pipeline-types.ts';
import { signingOf } from './signing.ts';

/** As much of a configuration as the pipeline reads. */
export type PipelineConfig = Pick<Config, 'sync' | 'sign'>;

/** What a configuration comes down to in one run: a plan, then its application, with the same signer and the same trust. */
export class Pipeline {
  readonly #config: PipelineConfig;
  readonly #options: PipelineOptions;
  readonly #signing: ImageSigning | undefined;
  #onNotice: ((event: PlanningEvent & ApplyingEvent) => void) | undefined;

  /** @throws {LadingError} `ERR_LADING_KEY`: the configuration wants signatures, and there is nobody who signs. */
  constructor(config: PipelineConfig, options: PipelineOptions) {
    this.#config = config;
    this.#options = options;
    const { clock, verified, signal } = options;
    const signing = signingOf(config, options);
    this.#signing =
      signing &&
      new ImageSigning(signing, {
        clock,
        verified,
        signal,
        onNotice: (notice) => this.#onNotice?.({ type: 'notice', ...notice }),
      });
  }

  /**
   * Finds out what is to be done. Reads only.
   * @throws the signal's reason, and nothing else: what cannot be looked at is an image of the action `failed`
   */
  async plan(onEvent?: (event: PlanningEvent) => void): Promise<Plan> {
    const { stores, clock, trust, lock, locked, concurrency, signal } = this.#options;
    const signing = this.#signing;
    this.#onNotice = onEvent;
    return await plan(this.#config.sync, {
      open: stores,
      clock,
      lock,
      locked,
      concurrency,
      signal,
      admit: admissionOf(this.#config, trust, signal),
      lacks: signing && ((_entry, image, { destination }) => signing.lacks(destination, image)),
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
    this.#onNotice = onEvent;
    await this.#prepare(plan);
    const signatures = new Map<PlannedImage, SignatureResult>();
    const report = await apply(plan, {
      clock,
      concurrency,
      blobConcurrency,
      ledger,
      signal,
      hooks: this.#hooks(signatures, onEvent),
      onEvent(event) {
        if (event.type !== 'entry:done') return onEvent({ ...event, entry: event.image.entry });
        const { image, outcome } = event.result;
        const result = { ...event.result, signature: signatures.get(image) };
        onEvent({ type: 'entry:done', entry: image.entry, outcome, result });
      },
    });
    return {
      ...report,
      results: report.results.map((result) => ({ ...result, signature: signatures.get(result.image) })),
    };
  }

  async #prepare({ images }: Plan): Promise<void> {
    try {
      await this.#signing?.prepare(new Set(images.flatMap(({ work }) => work?.stores.destination ?? [])));
    } catch (error) {
      // The report tells of an abort.
      if (this.#options.signal?.aborted !== true) throw error;
    }
  }

  #hooks(
    signatures: Map<PlannedImage, SignatureResult>,
    onEvent: (event: ApplyingEvent) => void,
  ): SyncHooks | undefined {
    const signing = this.#signing;
    if (signing === undefined) return undefined;
    return {
      async beforeTag(image, subject, { destination }) {
        const { entry } = image;
        onEvent({ type: 'entry:signing', entry, image });
        const way = entry.always === true ? 'replace' : 'sign';
        signatures.set(image, await signing[way](destination, subject));
      },
    };
  }
}
