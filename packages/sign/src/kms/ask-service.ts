import { setTimeout as wait } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import { type ServiceError, serviceError } from './service-error.ts';

/** How key services are reached. */
export interface ServiceConnection {
  /** Default: undici's own. Proxies and certificate authorities come with another one. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Milliseconds that a service has for one answer. Default 20 000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds before the first repetition; the next ones wait twice as long each. Default 300. */
  readonly retryDelayMs?: number | undefined;
}

export interface ServiceRequest<Answer> {
  /** For people: `AWS KMS`. */
  readonly service: string;
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** What must not be in an error even when the service sends it back. */
  readonly secrets: readonly string[];
  readonly answer: z.ZodType<Answer>;
  /** Text to what `answer` is to judge; default JSON. */
  readonly parse?: ((text: string) => unknown) | undefined;
  /** What a refusal means. */
  readonly explain: (status: number, answer: unknown) => Refusal;
}

/** A service's refusal in our words. */
export interface Refusal {
  /** The service's own words. */
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  /** It may well go when asked again: services have their own ways to say so. */
  readonly passing?: boolean | undefined;
}

const tries = 3;
const defaults = { timeoutMs: 20_000, retryDelayMs: 300 } as const;
/** Bytes of an answer: Vault tells all versions of a key at once. */
const maxAnswer = 1_048_576;
/** Characters of a service's own words. */
const maxMessage = 400;

type Outcome<Answer> =
  | { readonly answer: Answer }
  | { readonly error: ServiceError; readonly passing: boolean };

/**
 * Asks a key service, again when the failure may pass. Redirects are not followed: credentials stay with whom they were meant for.
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`; the signal's reason
 */
export async function askService<Answer>(
  asked: ServiceRequest<Answer>,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await askOnce(asked, connection, signal);
    if ('answer' in outcome) return outcome.answer;
    if (!outcome.passing || attempt >= tries) throw outcome.error;
    const delay = (connection.retryDelayMs ?? defaults.retryDelayMs) * 2 ** (attempt - 1);
    await wait(delay, undefined, signal === undefined ? {} : { signal }).catch((error) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

async function askOnce<Answer>(
  asked: ServiceRequest<Answer>,
  { dispatcher, timeoutMs = defaults.timeoutMs }: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<Outcome<Answer>> {
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  let status: number;
  let text: string;
  try {
    const response = await request(asked.url, {
      method: asked.method,
      headers: { accept: 'application/json', ...asked.headers },
      body: asked.body ?? null,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...(dispatcher && { dispatcher }),
    });
    status = response.statusCode;
    text = await readText(response.body, asked);
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as { code?: string }).code === 'ERR_LADING_KEY_SERVICE') {
      return { error: error as ServiceError, passing: false };
    }
    return { error: unreachable(asked, timeout.aborted ? timeoutMs : undefined, error), passing: true };
  }
  return judge(asked, status, text);
}

async function readText(
  body: AsyncIterable<Uint8Array>,
  asked: Pick<ServiceRequest<unknown>, 'service' | 'url'>,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxAnswer) {
      throw serviceError(`${asked.service} at ${asked.url.host} sends more than ${maxAnswer} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function judge<Answer>(asked: ServiceRequest<Answer>, status: number, text: string): Outcome<Answer> {
  const where = `${asked.service} at ${asked.url.host}`;
  const value = parsed(text, asked.parse ?? JSON.parse);
  if (status >= 300) {
    const { message, hint, passing } = asked.explain(status, value);
    const own = message === undefined ? '' : `: ${shown(message, asked.secrets)}`;
    return {
      error: serviceError(`${where} refuses with status ${status}${own}`, { hint }),
      passing: passing ?? (status === 429 || status >= 500),
    };
  }
  const answer = asked.answer.safeParse(value);
  if (answer.success) return { answer: answer.data };
  // Only the place in the answer is told: the answer may be a token.
  const place = answer.error.issues[0]?.path.join('.') || 'it';
  return {
    error: serviceError(`${where} sends an answer that cannot be read: ${place} is not as it has to be`),
    passing: false,
  };
}

function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(
  { service, url }: Pick<ServiceRequest<unknown>, 'service' | 'url'>,
  waitedMs: number | undefined,
  cause: unknown,
): ServiceError {
  const { code, message } = cause as { code?: string; message?: string };
  const why =
    waitedMs === undefined ? (code ?? message ?? 'no connection') : `no answer within ${waitedMs / 1000} s`;
  return serviceError(`${service} at ${url.host} cannot be reached: ${why}`, { cause });
}

/** A server's words as people may see them: one line, not endless, and nothing of what it was sent in confidence. */
function shown(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '…');
  const line = clean.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > maxMessage ? `${line.slice(0, maxMessage)}…` : line;
}
