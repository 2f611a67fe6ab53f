import { isLadingError } from '@lading/oci';
import {
  RegistryError,
  type RegistryErrorCode,
  type RegistryErrorOptions,
  type SpecError,
} from './errors.ts';
import { hintFor } from './hints.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { redactAuthorization, redactUrl } from './redact.ts';
import { isRetryableStatus } from './retryable.ts';

/** Characters of a server's message that are shown; some send whole pages. */
const messageLimit = 500;

/** The entries of a registry's error document; none when the body is anything else. Registries err in all ways here, so nothing throws. */
export function parseSpecErrors(text: string): readonly SpecError[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  const list = (document as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(list)) return [];
  return list.slice(0, 20).flatMap((entry: { code?: unknown; message?: unknown } | null) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const code = typeof entry.code === 'string' ? printable(entry.code) : 'UNKNOWN';
    return [{ code, message: typeof entry.message === 'string' ? printable(entry.message) : '' }];
  });
}

/** Makes the error for an answer that is no success; reads its body. `what` names the thing asked for, for example `tag 3.17`. */
export async function failureOf(
  request: HttpRequest,
  response: HttpResponse,
  what?: string,
): Promise<RegistryError> {
  const text = await response.body.text();
  const errors = parseSpecErrors(text);
  const code = errorCode(response.status);
  const action = actionOf(request);
  const requestId = requestIdOf(response);
  const words = serverWords(errors, text, response.headers.get('content-type'));
  const subject = what ?? repositoryOf(request) ?? redactUrl(request.url);
  return new RegistryError(
    code,
    `${sentence(code, request, response, action, subject)}${words === '' ? '' : `: ${words}`}${requestId === undefined ? '' : ` (request ${requestId})`}`,
    {
      method: request.method,
      url: redactUrl(response.url),
      status: response.status,
      errors,
      requestId,
      retryable: isRetryableStatus(response.status),
      credentialsSource: response.credentialSource,
      hint: hintFor({
        host: request.host,
        status: response.status,
        action,
        credentialSource: response.credentialSource,
        text,
      }),
    },
  );
}

/** The error for a request that got no answer; a `LadingError` is passed on as it is. */
export function unreachable(request: HttpRequest, cause: unknown, retryable: boolean): unknown {
  if (isLadingError(cause)) return cause;
  const { code, message } = cause as { code?: string; message?: string };
  const reason = [code, message || undefined].filter((part) => part !== undefined && part !== '').join(': ');
  return new RegistryError(
    'ERR_LADING_UNREACHABLE',
    `${request.url.host} cannot be reached: ${reason || 'the connection failed'}`,
    {
      method: request.method,
      url: redactUrl(request.url),
      retryable,
      cause,
      hint: hintFor({
        host: request.host,
        action: actionOf(request),
        networkCode: code ?? '',
        text: message ?? '',
      }),
    },
  );
}

/** The same failure in better words; what is known of the request stays. */
export function restated(
  failure: RegistryError,
  code: RegistryErrorCode,
  message: string,
  options: Pick<RegistryErrorOptions, 'cause' | 'hint' | 'retryable'>,
): RegistryError {
  const { method, url, status, errors, requestId, credentialsSource, retryable } = failure;
  const request = { method, url, status, errors, requestId, credentialsSource, retryable };
  return new RegistryError(code, message, { ...request, ...options });
}

export type RegistryAction = 'pull' | 'push' | 'delete';

function actionOf(request: HttpRequest): RegistryAction {
  if (request.method === 'DELETE') return 'delete';
  return request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push';
}

function repositoryOf(request: HttpRequest): string | undefined {
  return /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(request.url.pathname)?.[1];
}

function errorCode(status: number): RegistryErrorCode {
  if (status === 401) return 'ERR_LADING_UNAUTHORIZED';
  if (status === 403) return 'ERR_LADING_DENIED';
  if (status === 404) return 'ERR_LADING_NOT_FOUND';
  if (status === 413) return 'ERR_LADING_TOO_LARGE';
  return status === 429 ? 'ERR_LADING_RATE_LIMITED' : 'ERR_LADING_REGISTRY';
}

function sentence(
  code: RegistryErrorCode,
  request: HttpRequest,
  response: HttpResponse,
  action: RegistryAction,
  subject: string,
): string {
  const { host } = request;
  if (code === 'ERR_LADING_UNAUTHORIZED') {
    return response.credentialSource === undefined
      ? `${host} wants credentials for the ${action} of ${subject}`
      : `${host} refused the credentials for the ${action} of ${subject}`;
  }
  if (code === 'ERR_LADING_DENIED') return `${host} refused the ${action} of ${subject}`;
  if (code === 'ERR_LADING_NOT_FOUND') return `${host} has no ${subject}`;
  if (code === 'ERR_LADING_TOO_LARGE') return `${host} takes nothing as large as ${subject}`;
  if (code === 'ERR_LADING_RATE_LIMITED')
    return `${host} limits its rate and refused the ${action} of ${subject}`;
  return `${host} answered ${response.status} to the ${action} of ${subject}`;
}

function serverWords(errors: readonly SpecError[], text: string, contentType: string | undefined): string {
  if (errors.length > 0) {
    return errors
      .map(({ code, message }) => (message === '' ? code : `${code} ${JSON.stringify(message)}`))
      .join(', ');
  }
  // A proxy's page of HTML says nothing that its status does not.
  const plain = text.trim();
  return plain === '' || plain.startsWith('<') || contentType?.includes('html') === true
    ? ''
    : JSON.stringify(printable(plain));
}

function requestIdOf(response: HttpResponse): string | undefined {
  for (const name of ['x-github-request-id', 'x-request-id', 'x-amzn-requestid', 'x-ms-request-id']) {
    const id = response.headers.get(name);
    if (id !== undefined) return printable(id).slice(0, 100);
  }
  return undefined;
}

/** One line without control characters and credentials: what a server says must not steer a terminal, nor give back what it was sent. */
function printable(text: string): string {
  const line = redactAuthorization(text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim());
  return line.length > messageLimit ? `${line.slice(0, messageLimit)}…` : line;
}
