/** Answers that a second try may heal. */
const retryableStatuses: ReadonlySet<number> = new Set([
  408, // the server gave up waiting
  429,
  499, // nginx: the client went away, told by a proxy between
  500,
  502,
  503,
  504,
  520, // 520-524: Cloudflare cannot reach the registry behind it
  521,
  522,
  523,
  524,
]);

/** Failures of sockets and resolvers that a second try may heal. Broken TLS and refused certificates are not among them. */
const retryableCodes =
  /^(?:ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|HPE_.*|UND_ERR_(?:CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT|SOCKET|INFO|RES_CONTENT_LENGTH_MISMATCH))$/;

/** True for an answer that a second try may heal. */
export function isRetryableStatus(status: number): boolean {
  return retryableStatuses.has(status);
}

/** True for a failure of a socket or a resolver that a second try may heal. */
export function isRetryableFailure(error: unknown): boolean {
  const { code, retryable, name } = error as { code?: unknown; retryable?: unknown; name?: unknown };
  // Docker Hub has sent its 429 with bare line feeds, which is no HTTP to a parser.
  return (
    retryable === true ||
    name === 'HTTPParserError' ||
    (typeof code === 'string' && retryableCodes.test(code))
  );
}
