import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HttpRequest } from './http.ts';
import { type ConnectionOptions, timeouts } from './pool.ts';
import { RelayAnswer } from './relay-answer.ts';

/** Bytes of one buffer. Large enough that a read costs little, small enough to stay in the processor's cache. */
const plainBufferBytes = 262_144;
/** TLS gives out one record at a time, of 16 KiB at most. */
const tlsBufferBytes = 16_384;

/**
 * A connection for one HTTP/1.1 exchange whose reads land in reused buffers.
 *
 * Most of what it costs to move a blob through Node is fresh buffers, one for each 64 KiB; here there is mostly one in all.
 * What `onBytes` is given stays as it is for as long as `isHeld` says so.
 */
export class RelayConnection {
  readonly socket: Socket;
  /** Takes what comes after the head; false pauses. */
  onBytes: (bytes: Uint8Array) => boolean = () => false;
  /** True while bytes that were given out are still in use. */
  isHeld: () => boolean = () => false;
  readonly #buffers: Buffer[] = [];
  #used = 0;
  readonly #answer = new RelayAnswer();
  readonly #head = Promise.withResolvers<RelayAnswer>();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.socket.destroy(this.#signal?.reason);

  constructor(url: URL, options: ConnectionOptions, signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const isTls = url.protocol === 'https:';
    const onread: OnReadOpts = {
      buffer: () => this.#nextBuffer(isTls ? tlsBufferBytes : plainBufferBytes),
      callback: (count, buffer) => this.#take(buffer.subarray(0, count)),
    };
    const host = url.hostname.replace(/^\[|\]$/g, '');
    this.socket = isTls
      ? connectTls({
          host,
          port: Number(url.port || 443),
          servername: /^[\d.]+$|:/.test(host) ? '' : host,
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: options.verifyTls !== false,
          ...(options.ca !== undefined && { ca: options.ca }),
          // `tls.connect` takes it as `net.connect` does; its types do not say so.
          ...({ onread } as object),
        })
      : connectPlain({ host, port: Number(url.port || 80), noDelay: true, onread });
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.socket.setTimeout(timeouts.idle, () => this.socket.destroy(timedOut()));
    this.socket.on('error', (error) => this.#head.reject(error));
    this.socket.on('end', () => this.#ended());
    this.socket.on('close', () => {
      signal?.removeEventListener('abort', this.#onAbort);
      this.#head.reject(brokenOff());
    });
    this.#head.promise.catch(() => {});
  }

  /** Settled when the head is there, and with it the whole body unless the answer is one that `keeps` its body on the connection. */
  answer(keeps: (answer: RelayAnswer) => boolean): Promise<RelayAnswer> {
    this.#answer.keepsBody = keeps;
    return this.#head.promise;
  }

  /** Writes the head of a request. */
  writeHead(request: HttpRequest, size: number | undefined): void {
    const { url, method } = request;
    const fields = {
      host: url.host,
      ...request.headers,
      ...(size !== undefined && { 'content-length': String(size) }),
      connection: 'close',
    };
    for (const [name, value] of Object.entries(fields)) {
      if (/[\r\n]/.test(value)) throw new TypeError(`the header ${name} has a line break`);
    }
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Asked for after each read. A paused TLS connection still gives out the records it has: those must not land on what is in use. */
  #nextBuffer(bytes: number): Buffer {
    if (!this.isHeld()) this.#used = 0;
    const buffer = this.#buffers[this.#used] ?? Buffer.allocUnsafe(bytes);
    this.#buffers[this.#used++] = buffer;
    return buffer;
  }

  #take(bytes: Uint8Array): boolean {
    if (this.#answer.isKept) return this.onBytes(bytes);
    try {
      if (!this.#answer.add(bytes)) return true;
    } catch (error) {
      this.socket.destroy(error as Error);
      return false;
    }
    this.#head.resolve(this.#answer);
    return false;
  }

  #ended(): void {
    if (this.#answer.end()) this.#head.resolve(this.#answer);
    else this.#head.reject(brokenOff());
  }
}

export function brokenOff(): Error {
  return Object.assign(new Error('the connection was closed too early'), { code: 'ECONNRESET' });
}

export function timedOut(): Error {
  return Object.assign(new Error('nothing moved within the time limit'), { code: 'ETIMEDOUT' });
}
