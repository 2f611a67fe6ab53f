import { Readable } from 'node:stream';
import { ContentVerifier } from '@lading/oci';
import {
  type HttpRequest,
  type HttpResponse,
  type RelayedBody,
  ResponseBody,
  ResponseHeaders,
  type Send,
} from './http.ts';
import { type ConnectionOptions, timeouts } from './pool.ts';
import type { RelayAnswer } from './relay-answer.ts';
import { brokenOff, RelayConnection, timedOut } from './relay-connection.ts';

/** The transport of requests that are marked for the relay: the same layers stand above it as above the pools. */
export function relayTransport(connectionOf: (url: URL) => ConnectionOptions): Send {
  return (request) => {
    const connection = new RelayConnection(request.url, connectionOf(request.url), request.signal);
    return request.relay === 'source' ? openSource(connection, request) : sendBody(connection, request);
  };
}

/** A blob that waits on its connection, its head read and found plain. */
export class RelaySource {
  readonly size: number;
  readonly #connection: RelayConnection;
  readonly #first: Uint8Array;

  constructor(connection: RelayConnection, answer: RelayAnswer) {
    this.#connection = connection;
    this.#first = answer.body;
    this.size = answer.length!;
  }

  close(): void {
    this.#connection.close();
  }

  /**
   * Sends the blob on. The last piece goes out only when size and digest are right: a wrong blob is never whole at the destination.
   * @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`, or the failure of either connection
   */
  async pipeTo(destination: RelayConnection, { expected, onProgress, tap }: RelayedBody): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const from = this.#connection;
    const to = destination.socket;
    // A tap verifies what it is shown.
    const attempt = tap?.();
    const verifier = attempt === undefined ? new ContentVerifier(expected) : undefined;
    const watchdog: NodeJS.Timeout = setTimeout(() => {
      if (isTapBehind) watchdog.refresh();
      else reject(timedOut());
    }, timeouts.idle);
    let seen = 0;
    let isTapBehind = false;
    const goOn = (): void => {
      // Not while a later write still holds the buffer.
      if (!isTapBehind && to.writableLength === 0) from.resume();
    };

    const take = (bytes: Uint8Array): boolean => {
      try {
        watchdog.refresh();
        verifier?.take(bytes);
        const room = attempt?.take(bytes);
        seen += bytes.byteLength;
        const isLast = seen === expected.size;
        isTapBehind = room !== undefined;
        void room?.then(() => {
          isTapBehind = false;
          goOn();
        });
        to.write(bytes, (error) => {
          if (error) return;
          onProgress?.(seen);
          if (isLast) resolve();
          else goOn();
        });
        // Mostly the kernel takes it at once, and the buffer is free again.
        return !isLast && !isTapBehind && to.writableLength === 0;
      } catch (error) {
        reject(error);
        return false;
      }
    };

    from.onBytes = take;
    from.isHeld = () => to.writableLength > 0;
    from.socket.setTimeout(0);
    from.socket.once('error', reject);
    // The last bytes may wait for the destination when the source has closed already.
    from.socket.once('close', () => {
      if (seen < expected.size) reject(brokenOff());
    });
    to.once('error', reject);
    to.once('close', () => reject(brokenOff()));
    if (this.#first.byteLength === 0 || take(this.#first)) from.resume();
    try {
      await promise;
    } finally {
      clearTimeout(watchdog);
    }
  }
}

async function openSource(connection: RelayConnection, request: HttpRequest): Promise<HttpResponse> {
  try {
    connection.writeHead(request, undefined);
    const answer = await connection.answer(isPlainBlob);
    if (!answer.isKept) connection.close();
    return responseOf(request, answer, answer.isKept ? new RelaySource(connection, answer) : undefined);
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function sendBody(connection: RelayConnection, request: HttpRequest): Promise<HttpResponse> {
  const { relay } = request;
  if (relay === undefined || relay === 'source') throw new TypeError('the request has nothing to relay');
  let source: RelaySource | undefined;
  try {
    source = await relay.open();
    connection.writeHead(request, relay.expected.size);
    connection.socket.setTimeout(0);
    // An answer that comes early, such as 401, ends the sending.
    const answer = connection.answer(() => false);
    const sent = source.pipeTo(connection, relay);
    sent.catch(() => {});
    await Promise.race([answer, sent]);
    connection.socket.setTimeout(timeouts.headers);
    return responseOf(request, await answer, undefined);
  } finally {
    source?.close();
    connection.close();
  }
}

/** What can be relayed: a whole blob with one length, as it is. */
function isPlainBlob(answer: RelayAnswer): boolean {
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  return answer.status === 200 && answer.length !== undefined && encoding === 'identity';
}

function responseOf(
  request: HttpRequest,
  answer: RelayAnswer,
  source: RelaySource | undefined,
): HttpResponse {
  return {
    status: answer.status,
    headers: new ResponseHeaders(answer.headers),
    url: request.url,
    body: new ResponseBody(Readable.from(source === undefined ? [answer.body] : [])),
    ...(source !== undefined && { source }),
  };
}
