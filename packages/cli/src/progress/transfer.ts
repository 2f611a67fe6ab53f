import type { CopyEvent } from '@lading/store';
import { formatBytes } from '../render/quantities.ts';

/** Over how long a rate is measured, milliseconds: short enough to show a stall, long enough not to flicker. */
const rateWindowMs = 3000;
/** After so long without a byte an image is said to wait, milliseconds. */
const stallMs = 2000;

/** What is known of one image that is being copied, from the copy's own events. */
export class Transfer {
  readonly name: string;
  readonly #sent = new Map<string, number>();
  readonly #flying = new Set<string>();
  #samples: { readonly at: number; readonly bytes: number }[];
  #total: number | undefined;
  #settled = 0;
  #lastByteAt: number;
  #finishing: string | undefined;

  constructor(name: string, now: number) {
    this.name = name;
    this.#samples = [{ at: now, bytes: 0 }];
    this.#lastByteAt = now;
  }

  /** Bytes sent so far. */
  get bytes(): number {
    let sum = 0;
    for (const sent of this.#sent.values()) sum += sent;
    return sum;
  }

  observe(event: CopyEvent, now: number): void {
    switch (event.type) {
      case 'copy:planned':
        this.#total = event.totalBytes;
        return;
      case 'blob:start':
        this.#flying.add(event.descriptor.digest);
        return;
      case 'blob:progress':
        this.#sent.set(event.descriptor.digest, event.sentBytes);
        this.#sample(now);
        return;
      case 'blob:done':
        this.#flying.delete(event.descriptor.digest);
        // What need not be sent counts as settled, so that the sum reaches the total.
        if (event.outcome === 'uploaded') this.#sent.set(event.descriptor.digest, event.descriptor.size);
        else this.#settled += event.descriptor.size;
        this.#sample(now);
        return;
      case 'manifest:done':
      case 'notice':
        return;
    }
  }

  /** What is left is no copying: `signing`. */
  finish(what: string): void {
    this.#finishing = what;
  }

  /** `12.3 MB of 48.0 MB · 31.0 MB/s`, or what the image waits for. */
  describe(now: number): string {
    const done = this.bytes + this.#settled;
    const amount = this.#total === undefined ? '' : `${formatBytes(done)} of ${formatBytes(this.#total)}`;
    return [amount, this.#activity(done, now)].filter((part) => part !== '').join(' · ');
  }

  #activity(done: number, now: number): string {
    if (this.#finishing !== undefined) return this.#finishing;
    if (this.#total === undefined) return 'reading manifests';
    if (this.#flying.size === 0) return done < this.#total ? 'waiting for its turn' : 'pushing manifests';
    if (now - this.#lastByteAt > stallMs) {
      return `waiting ${Math.round((now - this.#lastByteAt) / 1000)} s for the next bytes`;
    }
    return `${formatBytes(this.#rate(now))}/s`;
  }

  #sample(now: number): void {
    const bytes = this.bytes;
    if (bytes > (this.#samples.at(-1)?.bytes ?? 0)) this.#lastByteAt = now;
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= rateWindowMs), { at: now, bytes }];
  }

  #rate(now: number): number {
    const first = this.#samples[0];
    if (first === undefined || now <= first.at) return 0;
    // An upload that started anew falls back; a rate does not go below nothing.
    return Math.max(0, ((this.bytes - first.bytes) / (now - first.at)) * 1000);
  }
}
