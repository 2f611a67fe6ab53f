import { LadingError } from '@lading/oci';
import { BaseFetcher, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { askService, type ServiceOptions, type ServiceRequest } from '../services/http.ts';
import { refused } from '../services/service-failure.ts';

export interface TufFetcherOptions extends ServiceOptions {
  /** Ask nobody. */
  readonly offline: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Bytes: more than the TUF client takes of any file. */
const limit = 8 * 1024 * 1024;

/** Fetches a repository's files as all services are asked: through the caller's proxy, again when that may help, and to be aborted. */
export class TufFetcher extends BaseFetcher {
  readonly #options: TufFetcherOptions;
  /** The last failure to reach the repository; the TUF client wraps some of its errors in others. */
  failure: LadingError | undefined;

  constructor(options: TufFetcherOptions) {
    super();
    this.#options = options;
  }

  async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { offline, signal } = this.#options;
    if (offline) throw new LadingError('ERR_LADING_SIGSTORE_SERVICE', 'the repository is not to be asked');
    const request: ServiceRequest = {
      service: 'The TUF repository',
      method: 'GET',
      url: new URL(url),
      limit,
      signal,
    };
    const response = await this.#remembered(askService(request, this.#options));
    // That there is no newer root is what the client expects to be told in this way.
    if (response.status === 404 || response.status === 403) {
      throw new DownloadHTTPError('Failed to download', response.status);
    }
    if (response.status !== 200) await this.#remembered(Promise.reject(refused(request, response)));
    return new Response(new Uint8Array(response.body)).body!;
  }

  async #remembered<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.failure = error as LadingError;
      throw error;
    }
  }
}

// The names of a CommonJS package get lost when a bundle loads the package itself late: it is loaded with this file.
export { Updater };
