import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRepository } from '@lading/oci';
import type { Access, Authority, Permission } from '../auth/authority.ts';
import { BrokenBody } from './body.ts';
import { type RegistryContext, reply } from './exchange.ts';
import { Fault } from './fault.ts';
import { matchRoute, type Operation } from './routes.ts';

/** One answered (or broken off) request, as `onRequest` is told. */
export interface RequestRecord {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly status: number;
  /** From the request's head to the answer's end. */
  readonly durationMs: number;
  readonly user: string | undefined;
  /** False when the connection broke before the answer was out. */
  readonly complete: boolean;
  /** What went wrong inside the server, for answers of 500 and above. */
  readonly error: unknown;
}

export interface HandlerOptions {
  readonly context: RegistryContext;
  readonly authority: Authority;
  readonly clock: () => number;
  /** Milliseconds after its answer for which a client may go on sending. */
  readonly lingerMs: number;
  /** Holds what is done for requests while it is done: a client that is gone leaves work behind. */
  readonly running: Set<Promise<void>>;
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
}

/** Names beyond this are refused: host and repository together must fit in 255 characters for many clients (distribution-spec, Pulling manifests). */
const maxNameLength = 255;
/** Errors of a disk that cannot take more. */
const diskFull = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function createHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { clock, lingerMs, running, onRequest } = options;
  return (request, response) => {
    const started = clock();
    const outcome: Outcome = { user: undefined, error: undefined };
    response.once('close', () =>
      onRequest?.({
        method: request.method ?? '',
        url: request.url ?? '',
        status: response.statusCode,
        durationMs: clock() - started,
        complete: response.writableFinished,
        ...outcome,
      }),
    );
    response.once('finish', () => endAfter(request, lingerMs));
    response.setHeader('Docker-Distribution-API-Version', 'registry/2.0');
    const work = handle(options, request, response, outcome)
      .catch((error: unknown) => {
        outcome.error = error instanceof Fault || error instanceof BrokenBody ? undefined : error;
        answerError(request, response, error);
      })
      .finally(() => running.delete(work));
    running.add(work);
  };
}

interface Outcome {
  user: string | undefined;
  error: unknown;
}

async function handle(
  { authority, context }: HandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  outcome: Outcome,
): Promise<void> {
  const { path, query } = parseTarget(request.url ?? '');
  if (path === '/token' && authority.issueToken) return await authority.issueToken(request, response);
  const match = matchRoute(path);
  if (!match) throw new Fault('UNSUPPORTED', 'there is nothing at this path', { status: 404 });
  const { methods, name, reference } = match;
  const method = request.method ?? '';
  const operation = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!operation) {
    throw new Fault('UNSUPPORTED', `${method} is not possible here`, {
      headers: { Allow: Object.keys(methods).join(', ') },
    });
  }
  if (name !== '' && (!isRepository(name) || name.length > maxNameLength)) {
    throw new Fault('NAME_INVALID', 'a repository is made of a-z, 0-9 and single separators between them', {
      details: [{ name: name.slice(0, 300) }],
    });
  }
  const access: Access = authority.admit(request, permissionFor(operation, name));
  outcome.user = access.user;
  if (context.readOnly && (operation.action === 'push' || operation.action === 'delete')) {
    throw new Fault('UNSUPPORTED', 'this registry is read-only', { headers: { Allow: 'GET, HEAD' } });
  }
  await operation.handle({ access, context, name, query, reference, request, response });
}

function permissionFor({ action }: Operation, name: string): Permission | undefined {
  if (action === 'ping') return undefined;
  return action === 'catalog' ? { action } : { action, repository: name };
}

/** @throws {Fault} `NAME_INVALID`: percent signs that stand for nothing */
function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  try {
    return {
      // Some clients write the colon of a digest as %3A.
      path: decodeURIComponent(path),
      query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    };
  } catch {
    throw new Fault('NAME_INVALID', 'the path is not well encoded');
  }
}

function answerError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (error instanceof BrokenBody || response.headersSent) {
    // Half an answer must not look like a whole one.
    response.destroy();
    return;
  }
  const fault = error instanceof Fault ? error : faultOf(error);
  // What is still to come of the body is read and thrown away, so that the client gets to read the answer.
  request.resume();
  reply(response, fault.status, { 'Content-Type': 'application/json', ...fault.headers }, fault.body);
}

/** A body that goes on after its answer is of no use to anybody, and could go on for ever. */
function endAfter(request: IncomingMessage, lingerMs: number): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.socket.destroy(), lingerMs).unref();
  for (const end of ['end', 'close']) request.once(end, () => clearTimeout(timer));
}

/** Answers of 500 and above tell the client nothing of the inside; `onRequest` does. */
function faultOf(error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return diskFull.has(code)
    ? new Fault('UNKNOWN', 'the disk of this registry is full', { status: 507 })
    : new Fault('UNKNOWN', 'the registry failed inside');
}
