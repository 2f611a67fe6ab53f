import { type Clock, systemClock } from './clock.ts';
import type { CertifiedKey } from './fulcio.ts';

/** The least that a certificate has to be valid for yet: log and timestamp authority must see the signature while it is. */
const marginMs = 60_000;

interface Page {
  readonly made: Promise<CertifiedKey>;
  /** By the monotonic clock; nothing until it has come. */
  until: number | undefined;
}

/**
 * Keeps a certified key for as long as its certificate is good, so that fifty images signed in one run need one certificate and not fifty,
 * and signers that start together wait for the same one.
 */
export class CertificateBook {
  readonly #certify: () => Promise<CertifiedKey>;
  readonly #clock: Clock;
  #page: Page | undefined;

  /** @param certify Asks for a new one. It serves several waiters, so no one of them can abort it: it has to end by itself. */
  constructor(certify: () => Promise<CertifiedKey>, clock: Clock = systemClock) {
    this.#certify = certify;
    this.#clock = clock;
  }

  async current(signal?: AbortSignal | undefined): Promise<CertifiedKey> {
    signal?.throwIfAborted();
    let page = this.#page;
    if (page === undefined || (page.until !== undefined && page.until <= this.#clock.monotonic())) {
      page = this.#open();
    }
    return untilSettled(page.made, signal);
  }

  #open(): Page {
    const asked = this.#clock.monotonic();
    const page: Page = { made: this.#certify(), until: undefined };
    this.#page = page;
    page.made.then(
      ({ lifetimeMs }) => {
        // One that is valid for less than the margin still serves those who wait for it now.
        page.until = asked + Math.max(0, lifetimeMs - marginMs);
      },
      () => {
        if (this.#page === page) this.#page = undefined;
      },
    );
    return page;
  }
}

/** Waits for what others wait for as well: the own signal ends only the own waiting. */
async function untilSettled<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
