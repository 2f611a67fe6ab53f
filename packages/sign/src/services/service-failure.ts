import type { ServiceRequest, ServiceResponse } from './http.ts';
import { quoted, shownUrl } from './redact.ts';
import { ServiceError, type ServiceErrorCode } from './service-error.ts';

export interface FailureOptions {
  readonly code?: ServiceErrorCode | undefined;
  readonly status?: number | undefined;
  readonly hint?: string | undefined;
}

/** The error of a request. @param what Goes on from the service's name: `answered 500`. */
export function failure(request: ServiceRequest, what: string, options: FailureOptions = {}): ServiceError {
  const { service, code = 'ERR_LADING_SIGSTORE_SERVICE' } = request;
  const url = shownUrl(request.url);
  return new ServiceError(options.code ?? code, `${service} at ${url} ${what}`, { ...options, service, url });
}

/** The error for no answer. That of the socket may quote what was sent: its code is enough. */
export function unreachable(request: ServiceRequest, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const { code, message, name } = error as Readonly<Record<'code' | 'message' | 'name', unknown>>;
  // undici's codes say less than its words.
  const shown = code === undefined || String(code).startsWith('UND_ERR_') ? message : code;
  const why = name === 'TimeoutError' ? 'no answer in time' : quoted(String(shown), request.secrets ?? []);
  return failure(request, `cannot be reached: ${why}`, { hint: networkHint(String(code), request.url) });
}

function networkHint(code: string, url: URL): string {
  if (code === 'ECONNREFUSED') return `is something listening at ${url.host}?`;
  if (/^(?:CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) {
    return `give the authority that signed the certificate of ${url.host}`;
  }
  return 'check the address, the network and the proxy';
}

/** The error for an answer that is none of those that a service gives when all is well. */
export function refused(
  request: ServiceRequest,
  response: ServiceResponse,
  options: Omit<FailureOptions, 'status'> = {},
): ServiceError {
  const { status } = response;
  const words = serverWords(response, request.secrets ?? []);
  return failure(request, `answered ${status}${words === '' ? '' : `: ${JSON.stringify(words)}`}`, {
    ...options,
    status,
    hint: options.hint ?? statusHint(status),
  });
}

function statusHint(status: number): string | undefined {
  if (status >= 300 && status < 400) return 'redirects are not followed: name its new address';
  if (status === 404) return 'is this the address of such a service?';
  if (status === 413) return 'it takes nothing as large';
  if (status === 429) return 'it limits its rate: try again later';
  return status >= 500 ? 'it is a fault of the service: try again later' : undefined;
}

/** What the service says of its refusal, without the secrets; a page of HTML says nothing that the status does not. */
export function serverWords({ body, header }: ServiceResponse, secrets: readonly string[]): string {
  const text = Buffer.from(body).subarray(0, 65_536).toString('utf8').trim();
  if (text.startsWith('<') || header('content-type')?.includes('html') === true) return '';
  return quoted(messageOf(text) ?? text, secrets);
}

/** Rekor, Fulcio and the timestamp authority all say `{code, message}`. */
function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The error for an answer that says that all is well and is not what it should be. */
export function senseless(request: ServiceRequest, what: string): ServiceError {
  return failure(request, `answered something else: ${what}`, {
    hint: 'is this the address of such a service?',
  });
}
