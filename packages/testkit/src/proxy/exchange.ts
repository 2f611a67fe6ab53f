import { once } from 'node:events';
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestOptions,
  ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Body,
  bodyOf,
  counted,
  dropped,
  editedJson,
  faulty,
  faultyLength,
  Refused,
  sendBody,
} from './body.ts';
import type { Answer, FaultAction } from './fault.ts';
import { errorBody } from './faults.ts';
import { faultyHeaders, throughProxy, withoutHopByHop } from './headers.ts';
import { type RequestRecord, recordOf } from './request.ts';
import type { Guard } from './token-service.ts';

/** What an exchange needs of the proxy it belongs to. */
export interface ExchangeContext {
  readonly target: URL;
  /** The proxy's own address. */
  readonly url: string;
  readonly guard: Guard | undefined;
  /** Aborts when the proxy closes. */
  readonly signal: AbortSignal;
  readonly send: (target: URL, options: RequestOptions) => ClientRequest;
}

/** One request, from its arrival to its answer. */
export class Exchange {
  readonly record: RequestRecord;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: ExchangeContext;

  constructor(incoming: IncomingMessage, response: ServerResponse, context: ExchangeContext) {
    this.#incoming = incoming;
    this.#response = response;
    this.#context = context;
    this.record = recordOf(incoming.method ?? 'GET', incoming.url ?? '/', incoming.headers);
    if (context.guard && this.record.path.split('?')[0] === '/token') this.record.kind = 'token';
  }

  /** Never rejects: what goes wrong becomes a 502, or ends the connection where an answer has begun. */
  async run(actions: readonly FaultAction[]): Promise<void> {
    this.record.faults.push(...actions.map((action) => action.type));
    try {
      await this.#play(actions);
    } catch (error) {
      if (error === dropped || this.#response.headersSent) this.#response.destroy();
      else if (error instanceof Refused) await this.#answer(error.answer);
      else await this.#answer({ status: 502, body: errorBody('UNKNOWN', String(error)), readBytes: 0 });
    }
  }

  async #play(actions: readonly FaultAction[]): Promise<void> {
    for (const action of actions) {
      switch (action.type) {
        case 'delay':
          await sleep(action.milliseconds, undefined, { signal: this.#context.signal });
          break;
        case 'silence':
          this.#incoming.resume();
          await once(this.#response, 'close');
          return;
        case 'answer':
          return this.#answer(action);
        case 'redirect': {
          const { status, location } = action;
          const to = typeof location === 'string' ? location : location(this.record);
          return this.#answer({ status, headers: { location: to } });
        }
        case 'immutable':
          if (await this.#tagExists()) {
            const body = errorBody(action.code, 'the tag is immutable');
            return this.#answer({ status: action.status, body });
          }
          break;
        case 'cap':
          if (Number(this.record.headers['content-length'] ?? 0) > action.bytes) {
            return this.#answer({ status: action.status, body: errorBody('SIZE_INVALID', 'too many bytes') });
          }
          break;
        default:
          break; // played on the bodies and headers below
      }
    }
    if (this.record.kind === 'token') return this.#issueToken();
    const { authorization } = this.#incoming.headers;
    const verdict = this.#context.guard?.check(this.record, authorization);
    if (verdict?.ok === false) {
      const headers = { 'www-authenticate': verdict.challenge };
      return this.#answer({
        status: 401,
        headers,
        body: errorBody('UNAUTHORIZED', 'authentication required'),
      });
    }
    await this.#forward(actions);
  }

  async #forward(actions: readonly FaultAction[]): Promise<void> {
    const { signal, target } = this.#context;
    const outgoing = this.#context.send(new URL(this.record.path, target), {
      method: this.record.method,
      headers: this.#forwardedHeaders(),
      signal,
    });
    this.#response.once('close', () => outgoing.destroy());
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject);
    });
    const sent = sendAll(outgoing, faulty(this.#requestBody(), 'request', actions, signal));
    try {
      // The registry may answer before it has read the body, and may then break off: its answer decides.
      const upstream = await Promise.race([answered, sent.then(() => answered)]);
      await this.#relay(upstream, actions);
    } catch (error) {
      outgoing.destroy(); // a torn upload at the registry, as the client's end is torn
      throw error;
    }
  }

  async #relay(upstream: IncomingMessage, actions: readonly FaultAction[]): Promise<void> {
    const { target, url } = this.#context;
    const headers = throughProxy(withoutHopByHop(upstream.headers), target, url);
    const edits = actions.filter((action) => action.type === 'json');
    const edited = edits.length > 0 ? await editedJson(upstream, edits) : undefined;
    const body = edited === undefined ? upstream : bodyOf(edited);
    const length = edited?.byteLength ?? numberOf(headers['content-length']);
    this.#head(
      upstream.statusCode ?? 502,
      faultyHeaders(headers, faultyLength(length, actions), actions, url),
    );
    const faultyBody = faulty(body, 'response', actions, this.#context.signal);
    await sendBody(this.#response, this.#responseBody(faultyBody));
  }

  async #answer({ status, headers = {}, body = '', readBytes }: Answer): Promise<void> {
    // What is not read here is thrown away once the answer is out.
    if (readBytes !== 0) await read(this.#requestBody(), readBytes);
    const isChallenge = status === 401 && this.record.kind !== 'token';
    const challenge = isChallenge && this.#context.guard?.challenge(this.record);
    this.#head(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(challenge && { 'www-authenticate': challenge }),
      ...headers,
    });
    this.record.responseBytes += Buffer.byteLength(body);
    this.#response.end(body);
  }

  async #issueToken(): Promise<void> {
    const chunks = await this.#incoming.toArray();
    const query = this.record.path.split('?')[1];
    const text = this.record.method === 'POST' ? Buffer.concat(chunks).toString() : query;
    const answer = this.#context.guard?.issue(
      this.record.method,
      new URLSearchParams(text),
      this.#incoming.headers.authorization,
    );
    await this.#answer({ status: answer?.status ?? 404, body: JSON.stringify(answer?.body ?? {}) });
  }

  async #tagExists(): Promise<boolean> {
    const outgoing = this.#context.send(new URL(this.record.path, this.#context.target), {
      method: 'HEAD',
      headers: { accept: '*/*, application/vnd.oci.image.index.v1+json' },
    });
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode === 200 && !this.record.reference?.includes(':');
  }

  #forwardedHeaders(): OutgoingHttpHeaders {
    const { host: _, authorization, ...rest } = this.#incoming.headers;
    const kept = withoutHopByHop(rest);
    const own = this.#context.guard === undefined && authorization !== undefined;
    return own ? { ...kept, authorization } : kept;
  }

  #head(status: number, headers: OutgoingHttpHeaders): void {
    this.record.status = status;
    this.#response.writeHead(status, headers);
    this.#response.flushHeaders();
  }

  #requestBody(): Body {
    // A body that is left half-way must not take the connection with it: there is an answer to send.
    return counted(this.#incoming.iterator({ destroyOnReturn: false }), (bytes) => {
      this.record.requestBytes += bytes;
    });
  }

  #responseBody(body: Body): Body {
    return counted(body, (bytes) => {
      this.record.responseBytes += bytes;
    });
  }
}

async function sendAll(outgoing: ClientRequest, body: Body): Promise<void> {
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.end();
}

async function read(body: Body, enough = Number.POSITIVE_INFINITY): Promise<void> {
  let seen = 0;
  for await (const chunk of body) {
    seen += chunk.byteLength;
    if (seen >= enough) return;
  }
}

function numberOf(value: OutgoingHttpHeaders[string]): number | undefined {
  return value === undefined ? undefined : Number(value);
}
