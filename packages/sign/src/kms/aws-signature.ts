import { createHash, createHmac } from 'node:crypto';

/** Keys of an AWS identity. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present with temporary keys. */
  readonly sessionToken?: string | undefined;
}

/** A POST request without a query. */
export interface AwsRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * The headers of a request signed by AWS Signature Version 4.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signAwsRequest(request: AwsRequest, credentials: AwsCredentials): Record<string, string> {
  const { url, body, region, service } = request;
  const stamp = new Date(request.time).toISOString().replace(/[-:]|\.\d+/g, '');
  const { sessionToken } = credentials;
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-date': stamp,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const fields = names.map((name) => `${name}:${headers[name]!.trim()}\n`).join('');
  const canonical = ['POST', url.pathname, '', fields, names.join(';'), sha256(body)].join('\n');
  const day = stamp.slice(0, 8);
  const scope = [day, region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(
    key,
    ['AWS4-HMAC-SHA256', stamp, scope.join('/'), sha256(canonical)].join('\n'),
  ).toString('hex');
  const credential = [credentials.accessKeyId, ...scope].join('/');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
