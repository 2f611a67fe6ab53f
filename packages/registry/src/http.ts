import type { Readable } from 'node:stream';
import type { Descriptor } from '@lading/oci';
import type { TapAttempt } from '@lading/store';
import { RegistryError } from './errors.ts';
import type { RelaySource } from './relay.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body of known size that can be opened again, so that a request can be replayed without holding it in memory. */
export interface RequestBody {
  /** Bytes. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** One request on its way through the layers. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | RequestBody | undefined;
  /** The registry that is asked, as people name it (`docker.io`); messages, credentials and quirks go by it. */
  readonly host: string;
  /** Scheme, host and port of the registry's API: the only place that sees its credentials. */
  readonly origin: string;
  /** Token scopes, the one that matters most first: some token servers read no other. */
  readonly scopes?: readonly string[] | undefined;
  /** False where the caller itself starts anew, as after a torn upload. Default true. */
  readonly retry?: boolean | undefined;
  /** Bytes: a good answer is read whole before it counts as one, so that a torn one is asked for again. */
  readonly bodyLimit?: number | undefined;
  /** `same-host`: a redirect to another host is given back as it is. Default `follow`. */
  readonly redirect?: 'follow' | 'same-host' | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Goes over a connection of its own: `source` leaves a plain body unread there; else one that was left so is sent on. */
  readonly relay?: 'source' | RelayedBody | undefined;
}

/** A body that goes from connection to connection. */
export interface RelayedBody {
  readonly expected: Descriptor;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
  /** Begins an attempt for whoever taps the content; nothing when nobody does. */
  readonly tap?: (() => TapAttempt | undefined) | undefined;
  open(): Promise<RelaySource>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  readonly body: ResponseBody;
  /** Where the credentials came from that the request carried. */
  readonly credentialSource?: string | undefined;
  /** The body of a request for a relay's source. */
  readonly source?: RelaySource | undefined;
}

/** Sends a request; each layer wraps another one. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** Header fields by lower-case name. */
export class ResponseHeaders {
  readonly #fields: Readonly<Record<string, string | string[] | undefined>>;

  constructor(fields: Readonly<Record<string, string | string[] | undefined>>) {
    this.#fields = fields;
  }

  /** The first field of a name. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** All fields of a name, in order. */
  all(name: string): readonly string[] {
    const value = this.#fields[name];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }
}

/** Bytes: what is read of an error document; more of it would tell nothing. */
const errorBodyLimit = 65_536;

/** The body of a response: to be read once, or discarded. */
export class ResponseBody {
  readonly #stream: Readable;
  #text: Promise<string> | undefined;
  #bytes: Promise<Uint8Array> | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    // A reader that has gone away does not want to hear of a socket that breaks later.
    stream.on('error', () => {});
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#stream[Symbol.asyncIterator]();
  }

  /** The whole body, read once however often it is asked for. @throws {RegistryError} `ERR_LADING_TOO_LARGE` beyond `limit` bytes. */
  bytes(limit: number): Promise<Uint8Array> {
    this.#bytes ??= this.#readBytes(limit);
    return this.#bytes;
  }

  async #readBytes(limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this) {
      size += chunk.byteLength;
      if (size > limit) {
        throw new RegistryError('ERR_LADING_TOO_LARGE', `the answer is longer than ${limit} bytes`);
      }
      chunks.push(chunk);
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }

  /** The start of an error document, read once however often it is asked for; empty when it cannot be read. */
  text(): Promise<string> {
    this.#text ??= this.#readText();
    return this.#text;
  }

  /** Reads what little is left so that the connection can be used again, or closes it. */
  async discard(): Promise<void> {
    if (this.#text === undefined && this.#bytes === undefined) await this.text();
  }

  async #readText(): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of this) {
        chunks.push(chunk);
        size += chunk.byteLength;
        if (size > errorBodyLimit) break;
      }
    } catch {
      // A torn error document is still better than none.
    }
    return Buffer.concat(chunks).subarray(0, errorBodyLimit).toString('utf8');
  }
}
