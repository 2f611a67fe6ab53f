import { Buffer } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { type ASN1Obj, RFC3161Timestamp } from '@sigstore/core';
import { askService, type ServiceOptions, type ServiceRequest } from './http.ts';
import { refused, senseless } from './service-failure.ts';
import { integer, sha256Oid, timestampRequest } from './timestamp-request.ts';

/** Bytes; a response with its certificates has about 4 KiB. */
const responseLimit = 256 * 1024;

export interface TimestampOptions extends ServiceOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A timestamp over these bytes (RFC 3161).
 *
 * @param url The whole address, as signing configs have it: `https://tsa.example.com/api/v1/timestamp`.
 * @returns TimeStampResp, DER. Whether its authority is one to trust is for verification.
 * @throws {ServiceError} `ERR_LADING_SIGSTORE_SERVICE`; also when the answer is not to this very request
 */
export async function timestamp(
  url: string,
  data: Uint8Array,
  options: TimestampOptions = {},
): Promise<Uint8Array> {
  const nonce = randomBytes(8);
  const request: ServiceRequest = {
    service: 'The timestamp authority',
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: timestampRequest(data, nonce),
    limit: responseLimit,
    signal: options.signal,
  };
  const response = await askService(request, options);
  if (response.status !== 200 && response.status !== 201) throw refused(request, response);
  const wrong = mistakeOf(Buffer.from(response.body), data, nonce);
  if (wrong !== undefined) throw senseless(request, wrong);
  return response.body;
}

/** What is wrong with a response, if anything is. */
function mistakeOf(der: Buffer<ArrayBuffer>, data: Uint8Array, nonce: Uint8Array): string | undefined {
  let response: RFC3161Timestamp;
  try {
    response = RFC3161Timestamp.parse(der);
    const status = Number(response.status);
    // 0 is granted, 1 granted with changes.
    if (status !== 0 && status !== 1) return `it does not grant the timestamp (status ${status})`;
    const { root: info, messageImprintHashedMessage } = response.tstInfo;
    const [, , imprint] = info.subs;
    if (!imprint!.subs[0]!.subs[0]!.toDER().equals(sha256Oid)) return 'the timestamp is over another hash';
    const digest = createHash('sha256').update(data).digest();
    if (!digest.equals(messageImprintHashedMessage)) return 'the timestamp is over other bytes';
    if (!nonceOf(info)?.equals(integer(nonce))) return 'the timestamp is for another request';
    // Reading it makes sure that there is one.
    return Number.isNaN(response.signingTime.getTime()) ? 'the timestamp has no time' : undefined;
  } catch {
    return 'it is no timestamp';
  }
}

/** The nonce is the one integer after the time (RFC 3161, 2.4.2). */
function nonceOf(info: ASN1Obj): Buffer | undefined {
  return info.subs
    .slice(5)
    .find(({ tag }) => tag.isInteger())
    ?.toDER();
}
