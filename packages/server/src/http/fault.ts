/** The error codes of distribution-spec (Error Codes), with the status that lading answers them by, and two that it has no code for. */
const statusOf = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  PRECONDITION_FAILED: 412,
  UNKNOWN: 500,
} as const;

export type FaultCode = keyof typeof statusOf;

export interface FaultOptions {
  /** Where the code's usual one does not fit. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** One entry of the answer's `errors` for each; without it there is one entry without detail. */
  readonly details?: readonly unknown[] | undefined;
}

/** An answer that says what is wrong with a request. */
export class Fault extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message);
    this.name = 'Fault';
    this.status = options.status ?? statusOf[code];
    this.headers = options.headers ?? {};
    const errors = (options.details ?? [undefined]).map((detail) => ({ code, message, detail }));
    this.body = JSON.stringify({ errors });
  }
}
