import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, FaultAction } from './fault.ts';

/** A body as it flows through the proxy. */
export type Body = AsyncIterable<Uint8Array>;

/** Thrown by a body that the script wants to end the connection at. */
export const dropped: unique symbol = Symbol('the script drops the connection');

/** Thrown by a body that the script refuses half-way. */
export class Refused extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}

export async function* counted(body: Body, count: (bytes: number) => void): Body {
  for await (const chunk of body) {
    count(chunk.byteLength);
    yield chunk;
  }
}

/** A body with the faults of one direction on it, in the order of the script. */
export function faulty(
  body: Body,
  of: 'request' | 'response',
  actions: readonly FaultAction[],
  signal: AbortSignal,
): Body {
  let result = body;
  for (const action of actions) {
    if (action.type === 'drop' && action.of === of) result = dropping(result, action.after);
    else if (action.type === 'throttle' && action.of === of)
      result = throttled(result, action.bytesPerSecond, signal);
    else if (action.type === 'cap' && of === 'request') result = capped(result, action.bytes, action.status);
    else if (action.type === 'body' && of === 'response') result = edited(result, action);
  }
  return result;
}

/** The length of a body after the faults that change it, or nothing when it was not known. */
export function faultyLength(
  length: number | undefined,
  actions: readonly FaultAction[],
): number | undefined {
  let result = length;
  for (const action of actions) {
    if (action.type === 'body' && result !== undefined) {
      result = Math.min(result, action.keep ?? result) + (action.add ?? 0);
    }
  }
  return result;
}

async function* dropping(body: Body, after: number): Body {
  let left = after;
  if (left === 0) throw dropped;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) throw dropped;
  }
}

async function* throttled(body: Body, bytesPerSecond: number, signal: AbortSignal): Body {
  // Twenty portions a second: even enough to look like a slow line, rare enough to cost nothing.
  const portion = Math.max(1, Math.floor(bytesPerSecond / 20));
  for await (const chunk of body) {
    for (let start = 0; start < chunk.byteLength; start += portion) {
      const part = chunk.subarray(start, start + portion);
      yield part;
      await sleep((part.byteLength / bytesPerSecond) * 1000, undefined, { signal });
    }
  }
}

async function* capped(body: Body, bytes: number, status: number): Body {
  let seen = 0;
  for await (const chunk of body) {
    seen += chunk.byteLength;
    if (seen > bytes) throw new Refused({ status, readBytes: 0 });
    yield chunk;
  }
}

async function* edited(
  body: Body,
  { keep = Number.POSITIVE_INFINITY, add = 0, flip = -1 }: Extract<FaultAction, { type: 'body' }>,
): Body {
  let position = 0;
  for await (const chunk of body) {
    const part = Uint8Array.from(chunk.subarray(0, Math.max(0, keep - position)));
    const target = flip - position;
    if (target >= 0 && target < part.byteLength) part[target] = (part[target] ?? 0) ^ 1;
    position += chunk.byteLength;
    if (part.byteLength > 0) yield part;
  }
  if (add > 0) yield new Uint8Array(add);
}

export async function* bodyOf(bytes: Uint8Array): Body {
  yield bytes;
}

/** An answer longer than this is not edited. */
const maxJsonBytes = 16_777_216;

/** A JSON answer with some of its members replaced. */
export async function editedJson(
  body: Body,
  edits: readonly Extract<FaultAction, { type: 'json' }>[],
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxJsonBytes) throw new RangeError(`an answer beyond ${maxJsonBytes} bytes cannot be edited`);
    chunks.push(chunk);
  }
  const document = JSON.parse(Buffer.concat(chunks).toString());
  return Buffer.from(JSON.stringify(Object.assign(document, ...edits.map(({ set }) => set))));
}

/** Sends a body, a chunk at a time: what was sent before a drop has really left. */
export async function sendBody(response: ServerResponse, body: Body): Promise<void> {
  for await (const chunk of body) {
    await new Promise<void>((resolve, reject) => {
      const gone = (): void => reject(new Error('the client has gone'));
      response.once('close', gone);
      response.write(chunk, (error) => {
        response.off('close', gone);
        if (error) reject(error);
        else resolve();
      });
    });
  }
  response.end();
}
