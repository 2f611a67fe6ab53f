import type { IncomingMessage } from 'node:http';
import { Fault } from './fault.ts';

/** The error of a request whose client went away before its body was whole. */
export class BrokenBody extends Error {
  constructor(cause: unknown) {
    super('the request broke off', { cause });
    this.name = 'BrokenBody';
  }
}

/**
 * A request's body, at most `limit` bytes of it.
 *
 * When reading ends early the connection stays open, so that the client gets to read why.
 * @throws {Fault} `SIZE_INVALID`, status 413
 * @throws {BrokenBody}
 */
export async function* readBody(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  try {
    for (let seen = 0; ; ) {
      const { done, value } = await chunks.next().catch((cause: unknown) => {
        throw new BrokenBody(cause);
      });
      if (done) return;
      seen += value.byteLength;
      if (seen > limit) throw tooLarge(limit);
      yield value;
    }
  } finally {
    await chunks.return?.();
  }
}

/** A whole body in memory, for what is bounded by a small limit. */
export async function readWholeBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readBody(request, limit)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): Fault {
  return new Fault('SIZE_INVALID', `the content has more than the ${limit} bytes that this registry takes`, {
    status: 413,
  });
}
