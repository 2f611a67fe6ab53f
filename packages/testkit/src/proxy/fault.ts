import type { ProxiedRequest, RequestKind } from './request.ts';

/** Which requests a fault is played on; without any of these, on each. All that are given must hold. */
export interface When {
  readonly kind?: RequestKind | readonly RequestKind[] | undefined;
  readonly method?: string | readonly string[] | undefined;
  /** Matches path and query. */
  readonly path?: RegExp | undefined;
  /** Requests with (`true`) or without (`false`) an `Authorization` header. */
  readonly authorization?: boolean | undefined;
  /** The first so many of the requests that match. */
  readonly first?: number | undefined;
  /** Only the so-manieth of the requests that match, counted from 1. */
  readonly nth?: number | undefined;
  /** By chance, 0 to 1; the same `seed` gives the same choices. */
  readonly probability?: number | undefined;
  readonly seed?: number | undefined;
}

/** A header's new value, or `null` to leave it out. */
export type HeaderEdits = Readonly<Record<string, string | null>>;

/** An answer that the proxy gives in the registry's place. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** How much of the request's body is read before answering, in bytes. Default: all of it. */
  readonly readBytes?: number | undefined;
}

/** What goes wrong. `of` says in which direction; sizes are bytes of bodies. */
export type FaultAction =
  /** The registry is not asked. */
  | ({ readonly type: 'answer' } & Answer)
  /** As `answer`, with the location worked out from the request. */
  | {
      readonly type: 'redirect';
      readonly status: number;
      readonly location: string | ((request: ProxiedRequest) => string);
    }
  /** The request is taken and never answered. */
  | { readonly type: 'silence' }
  /** The connection is closed once so many bytes have gone through. */
  | { readonly type: 'drop'; readonly of: 'request' | 'response'; readonly after: number }
  /** Nothing happens for a while. */
  | { readonly type: 'delay'; readonly milliseconds: number }
  | { readonly type: 'throttle'; readonly of: 'request' | 'response'; readonly bytesPerSecond: number }
  /** The answer's headers are changed. */
  | { readonly type: 'headers'; readonly set: HeaderEdits }
  /** `Location` comes as a path. */
  | { readonly type: 'relativeLocation' }
  /** The answer's body is cut to `keep` bytes, or `add` bytes are put after it, or one byte at `flip` is changed; `Content-Length` fits the new body. */
  | {
      readonly type: 'body';
      readonly keep?: number | undefined;
      readonly add?: number | undefined;
      readonly flip?: number | undefined;
    }
  /** Members of a JSON answer are replaced. */
  | { readonly type: 'json'; readonly set: Readonly<Record<string, unknown>> }
  /** A request whose body is longer gets `status`. */
  | { readonly type: 'cap'; readonly bytes: number; readonly status: number }
  /** A tag that is there cannot be pushed again. */
  | { readonly type: 'immutable'; readonly status: number; readonly code: string };

/** One line of a fault script: plain data. Several faults may hit the same request; they are played in order. */
export interface Fault extends When {
  readonly action: FaultAction;
}

/** A fault that counts the requests it has seen. */
export interface ArmedFault {
  readonly fault: Fault;
  /** True when it is to be played on this request; every request must be shown once. */
  readonly strikes: (request: ProxiedRequest) => boolean;
}

/** Gets a fault ready to be played. */
export function arm(fault: Fault): ArmedFault {
  const random = randomFrom(fault.seed ?? 1);
  let seen = 0;
  const strikes = (request: ProxiedRequest): boolean => {
    if (!applies(fault, request)) return false;
    seen += 1;
    if (fault.nth !== undefined && seen !== fault.nth) return false;
    if (fault.first !== undefined && seen > fault.first) return false;
    return fault.probability === undefined || random() < fault.probability;
  };
  return { fault, strikes };
}

/** True when everything in `when` that does not count requests holds for this one. */
export function applies(when: When, request: ProxiedRequest): boolean {
  return (
    isOneOf(when.kind, request.kind) &&
    isOneOf(when.method, request.method) &&
    (when.path === undefined || when.path.test(request.path)) &&
    (when.authorization === undefined || when.authorization === request.authorization)
  );
}

function isOneOf(wanted: string | readonly string[] | undefined, actual: string): boolean {
  return wanted === undefined || (typeof wanted === 'string' ? wanted === actual : wanted.includes(actual));
}

/** mulberry32: small, and the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
