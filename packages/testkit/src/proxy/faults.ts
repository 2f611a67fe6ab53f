import { digestOf } from '@lading/oci';
import type { Answer, Fault, FaultAction, HeaderEdits, When } from './fault.ts';
import type { ProxiedRequest } from './request.ts';

/** Makes a fault out of an action; `defaults` hold unless `when` says otherwise. */
function fault(action: FaultAction, when: When | undefined, defaults: When = {}): Fault {
  return { ...defaults, ...when, action };
}

/** The body of an error as distribution-spec, Error Codes, has it. */
export function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

const codes: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  413: 'SIZE_INVALID',
  416: 'BLOB_UPLOAD_INVALID',
  429: 'TOOMANYREQUESTS',
};

function answer(status: number, more: Omit<Answer, 'status'> = {}): FaultAction {
  const body = errorBody(codes[status] ?? 'UNKNOWN', `the proxy's script answers ${status}`);
  return {
    type: 'answer',
    status,
    body,
    ...more,
    headers: { 'content-type': 'application/json', ...more.headers },
  };
}

type AnswerOptions = Omit<Answer, 'status'>;

/**
 * The faults that registries and networks are known for. Each takes as its last parameter on which requests it is played
 * (`When`); the result is plain data, so other faults can be written by hand.
 */
export const faults = {
  /** Answers with a status in the registry's place. */
  status: (status: number, when?: When, options?: AnswerOptions): Fault =>
    fault(answer(status, options), when),

  /** As `status`, on the first matching request only. */
  statusOnce: (status: number, when?: When, options?: AnswerOptions): Fault =>
    fault(answer(status, options), when, { first: 1 }),

  /** 429, once. `retryAfter` is in seconds, or a moment that is sent as an HTTP date; nothing leaves the header out. */
  tooManyRequests: (retryAfter?: number | Date, when?: When): Fault => {
    const value = typeof retryAfter === 'object' ? retryAfter.toUTCString() : retryAfter?.toString();
    const headers = value === undefined ? {} : { 'retry-after': value };
    return fault(answer(429, { headers }), when, { first: 1 });
  },

  /**
   * 401, once, with the proxy's own challenge when it has `auth`: a token that expired on the way.
   * On an upload, `readBytes: 0` answers before the body is read; without it the whole body is taken first.
   */
  unauthorizedOnce: (when?: When, options?: AnswerOptions): Fault =>
    fault(answer(401, options), when, { first: 1 }),

  /** Closes the connection after so many bytes of the answer's body. */
  dropAfter: (bytes: number, when?: When): Fault =>
    fault({ type: 'drop', of: 'response', after: bytes }, when, { first: 1 }),

  /** Closes the connection on arrival, without an answer. */
  hangUp: (when?: When): Fault => fault({ type: 'drop', of: 'request', after: 0 }, when, { first: 1 }),

  /** Closes the connection after so many bytes of the request's body. */
  dropUploadAfter: (bytes: number, when?: When): Fault =>
    fault({ type: 'drop', of: 'request', after: bytes }, when, { first: 1 }),

  /** Takes the request and never answers. */
  silence: (when?: When): Fault => fault({ type: 'silence' }, when),

  delay: (milliseconds: number, when?: When): Fault => fault({ type: 'delay', milliseconds }, when),

  /** Answers come at most this fast. */
  slowDownload: (bytesPerSecond: number, when?: When): Fault =>
    fault({ type: 'throttle', of: 'response', bytesPerSecond }, when),

  /** Request bodies are taken at most this fast. */
  slowUpload: (bytesPerSecond: number, when?: When): Fault =>
    fault({ type: 'throttle', of: 'request', bytesPerSecond }, when),

  /** Changes headers of the answer; `null` leaves one out. */
  headers: (set: HeaderEdits, when?: When): Fault => fault({ type: 'headers', set }, when),

  /** `Docker-Content-Digest` names something else than what is served. */
  wrongDigest: (when?: When): Fault =>
    fault(
      { type: 'headers', set: { 'docker-content-digest': digestOf(Buffer.from('something else')) } },
      when,
    ),

  noDigest: (when?: When): Fault => fault({ type: 'headers', set: { 'docker-content-digest': null } }, when),

  /** HEAD answers name another size or digest than GET gives. */
  lyingHead: (lie: { readonly size?: number; readonly digest?: string }, when?: When): Fault => {
    const set: Record<string, string> = {};
    if (lie.size !== undefined) set['content-length'] = String(lie.size);
    if (lie.digest !== undefined) set['docker-content-digest'] = lie.digest;
    return fault({ type: 'headers', set }, when, { method: 'HEAD' });
  },

  contentType: (value: string, when?: When): Fault =>
    fault({ type: 'headers', set: { 'content-type': value } }, when),

  noLocation: (when?: When): Fault => fault({ type: 'headers', set: { location: null } }, when),

  /** `Location` is a path instead of a whole address. */
  relativeLocation: (when?: When): Fault => fault({ type: 'relativeLocation' }, when),

  /** One byte of the body is another; its length stays. */
  corrupt: (offset = 0, when?: When): Fault => fault({ type: 'body', flip: offset }, when, { method: 'GET' }),

  /** The body ends properly after so many bytes; `Content-Length` agrees with it. */
  shortBody: (bytes: number, when?: When): Fault =>
    fault({ type: 'body', keep: bytes }, when, { method: 'GET' }),

  /** So many bytes too many; `Content-Length` agrees with them. */
  extraBytes: (bytes: number, when?: When): Fault =>
    fault({ type: 'body', add: bytes }, when, { method: 'GET' }),

  /** Redirects, for example to another proxy: `faults.redirect(307, (request) => cdn.url + request.path)`. */
  redirect: (status: number, location: string | ((request: ProxiedRequest) => string), when?: When): Fault =>
    fault({ type: 'redirect', status, location }, when),

  /** Redirects every request to itself. */
  redirectLoop: (status = 307, when?: When): Fault =>
    fault({ type: 'redirect', status, location: (request) => request.path }, when),

  /** A tag that is there cannot be pushed again. Registries disagree on status and code; the default is ECR's. */
  immutableTags: (status = 400, code = 'ImageTagAlreadyExistsException', when?: When): Fault =>
    fault({ type: 'immutable', status, code }, when, { kind: 'manifest', method: 'PUT' }),

  /** Bodies of uploads beyond so many bytes are refused with 416 or 413. */
  chunkCap: (bytes: number, status: 413 | 416 = 416, when?: When): Fault =>
    fault({ type: 'cap', bytes, status }, when, { kind: 'upload', method: 'PATCH' }),

  /** How registries without a referrers API answer: 404, a web page, a redirect to one, or 404 with a code. */
  noReferrers: (
    how: 'not found' | 'html' | 'redirect' | 'manifest unknown' = 'not found',
    when?: When,
  ): Fault => {
    const page = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Packages</title>' };
    const actions: Record<typeof how, FaultAction> = {
      'not found': answer(404, { headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' }),
      html: answer(200, page),
      redirect: { type: 'redirect', status: 303, location: 'https://registry.example.com/packages' },
      'manifest unknown': answer(404, { body: errorBody('MANIFEST_UNKNOWN', 'manifest unknown') }),
    };
    return fault(actions[how], when, { kind: 'referrers' });
  },

  /** The tag list has these tags, whatever they are: `null`, or with wrong entries such as `[null, '', 'sha256:…', 'v1']`. */
  tagList: (tags: unknown, when?: When): Fault =>
    fault({ type: 'json', set: { tags } }, when, { kind: 'tags' }),

  /** Every page of the tag list says that it itself is the next one. */
  tagListLoop: (when?: When): Fault =>
    fault({ type: 'headers', set: { link: '<?last=again>; rel="next"' } }, when, { kind: 'tags' }),
} as const;
