import type { IncomingHttpHeaders } from 'node:http';

/** A request as a service sees it. */
export interface ServiceRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/** A service, as a function: what it answers to a request. May throw `RefusedRequest`. */
export type Service = (request: ServiceRequest) => ServiceAnswer;

/** Thrown for a request that the real service would not do either. */
export class RefusedRequest extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ServiceAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** The body's JSON, which has to be an object. @throws {RefusedRequest} 400. */
export function jsonBody({ body }: ServiceRequest): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw new RefusedRequest(400, 'the body is no JSON object');
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a path in a JSON document, or nothing. */
export function at(document: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), document);
}

/** A text at a path. @throws {RefusedRequest} 400 when there is none. */
export function textAt(document: unknown, ...path: readonly string[]): string {
  const value = at(document, ...path);
  if (typeof value === 'string' && value !== '') return value;
  throw new RefusedRequest(400, `${path.join('.')} is missing`);
}

/** Bytes in base64 at a path. @throws {RefusedRequest} 400 when there are none. */
export function bytesAt(document: unknown, ...path: readonly string[]): Buffer {
  const text = textAt(document, ...path);
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new RefusedRequest(400, `${path.join('.')} is no base64`);
  return Buffer.from(text, 'base64');
}
