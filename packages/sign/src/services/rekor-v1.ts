import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import * as z from 'zod';
import { signedBytes } from '../formats/dsse.ts';
import { envelopeBytes } from '../formats/envelope.ts';
import { hashOf } from '../keys/algorithm.ts';
import type { SignatureMaterial } from '../material.ts';
import { askService, type ServiceOptions, type ServiceRequest, type ServiceResponse } from './http.ts';
import { assertLoggable } from './log-support.ts';
import { ServiceError } from './service-error.ts';
import { refused, senseless, serverWords } from './service-failure.ts';
import type { LogVerifier } from './verifier.ts';

export interface LogOptions extends ServiceOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What is logged of a signature. */
export type Loggable = Pick<SignatureMaterial, 'content' | 'signature'>;

/** Bytes of a log's answer; it gives back no more than signature, key and digests. */
const answerLimit = 1024 * 1024;
/** 64 digits, and 16 more before them where the log has several trees. */
const uuid = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/;

const wholeNumber = z.number().int().nonnegative();
const base64 = z.base64();
const hex = z.string().regex(/^(?:[0-9a-f]{2})+$/);
const entrySchema = z.object({
  body: base64,
  integratedTime: wholeNumber,
  logID: z.string().regex(/^[0-9a-f]{64}$/),
  logIndex: wholeNumber,
  verification: z.object({
    signedEntryTimestamp: base64,
    inclusionProof: z
      .object({
        checkpoint: z.string(),
        hashes: z.array(hex).max(64),
        logIndex: wholeNumber,
        rootHash: hex,
        treeSize: wholeNumber,
      })
      .optional(),
  }),
});
type Entry = z.infer<typeof entrySchema>;
const answerSchema = z
  .record(z.string().regex(uuid), entrySchema)
  .refine((entries) => Object.keys(entries).length === 1);

/**
 * Puts a signature into a transparency log with Rekor's API v1; an entry that is there already is taken.
 *
 * Messages become `hashedrekord` 0.0.1, envelopes `dsse` 0.0.1: the log then gets the whole envelope, in the form that cosign's `.att` has, so
 * that its hash in the log fits there as well.
 *
 * @param url The base address, as signing configs have it.
 * @throws {LadingError} `ERR_LADING_KEY` when this log cannot check such signatures, else `ERR_LADING_SIGSTORE_SERVICE`
 */
export async function logInRekorV1(
  url: string,
  signature: Loggable,
  verifier: LogVerifier,
  options: LogOptions = {},
): Promise<TransparencyLogEntry> {
  assertLoggable(verifier.key, signature.content.kind, 1);
  const entries = new URL(`${url.replace(/\/+$/, '')}/api/v1/log/entries`);
  const request: ServiceRequest = {
    service: 'Rekor',
    method: 'POST',
    url: entries,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(proposedEntry(signature, verifier)),
    limit: answerLimit,
    signal: options.signal,
  };
  const response = await askService(request, options).catch((error: unknown) => {
    throw unreachable(error, signature);
  });
  if (response.status === 409) {
    const existing = await existingEntry(request, response, options);
    return toLogEntry(request, existing.body, signature);
  }
  if (response.status !== 200 && response.status !== 201) throw refusal(request, response, signature);
  return toLogEntry(request, response.body, signature);
}

function proposedEntry({ content, signature }: Loggable, { key, pem }: LogVerifier): object {
  const verifier = toBase64(Buffer.from(pem));
  if (content.kind === 'envelope') {
    const envelope = Buffer.from(envelopeBytes({ content, signature })).toString('utf8');
    return {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: { proposedContent: { envelope, verifiers: [verifier] } },
    };
  }
  // Ed25519 hashes by itself, and is refused before.
  const algorithm = hashOf[key.algorithm] ?? 'sha512';
  const value = createHash(algorithm).update(signedBytes(content)).digest('hex');
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm, value } },
      signature: { content: toBase64(signature), publicKey: { content: verifier } },
    },
  };
}

/** Fetches what the log has already. Of the address that it names only the entry's name is used: nobody else is asked. */
async function existingEntry(
  request: ServiceRequest,
  response: ServiceResponse,
  options: LogOptions,
): Promise<ServiceResponse> {
  const named = response.header('location')?.split('/').at(-1) ?? '';
  const name = uuid.test(named)
    ? named
    : /\b[0-9a-f]{64,80}\b/.exec(Buffer.from(response.body).toString('utf8'))?.[0];
  if (name === undefined || !uuid.test(name)) throw refused(request, response);
  const asked: ServiceRequest = {
    ...request,
    method: 'GET',
    url: new URL(`${request.url.href}/${name}`),
    body: undefined,
  };
  const found = await askService(asked, options);
  if (found.status !== 200) throw refused(asked, found);
  return found;
}

function refusal(request: ServiceRequest, response: ServiceResponse, logged: Loggable): ServiceError {
  const { status } = response;
  const tooLarge = status === 413 || /too large/i.test(serverWords(response, []));
  return refused(request, response, {
    hint: tooLarge || (status >= 500 && isLarge(logged)) ? sizeHint(logged) : undefined,
  });
}

/** The public log gives no better answer to what is too large for it than to close the connection, or 502 (rekor#2808, rekor#2915). */
function unreachable(error: unknown, logged: Loggable): unknown {
  if (!(error instanceof ServiceError) || error.status !== undefined || !isLarge(logged)) return error;
  const { code, message, service, url, cause } = error;
  return new ServiceError(code, message, { service, url, cause, hint: sizeHint(logged) });
}

function isLarge({ content }: Loggable): boolean {
  return content.kind === 'envelope' && content.payload.byteLength > 1024 * 1024;
}

function sizeHint({ content }: Loggable): string | undefined {
  if (content.kind !== 'envelope') return undefined;
  return `${content.payload.byteLength} bytes may be too large for this log: attest the document by its digest, or use a log with Rekor v2, which takes digests`;
}

function toLogEntry(request: ServiceRequest, answer: Uint8Array, logged: Loggable): TransparencyLogEntry {
  const entry = entryIn(request, answer);
  const canonicalizedBody = Buffer.from(entry.body, 'base64');
  const { kind, version } = checkedKind(request, canonicalizedBody, logged);
  const { signedEntryTimestamp, inclusionProof: proof } = entry.verification;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logID, 'hex') },
    kindVersion: { kind, version },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp: Buffer.from(signedEntryTimestamp, 'base64') },
    inclusionProof: proof && {
      // In its own tree, while the entry's index counts over all trees that the log ever had.
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, 'hex'),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map((hash) => Buffer.from(hash, 'hex')),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody,
  };
}

function entryIn(request: ServiceRequest, answer: Uint8Array): Entry {
  try {
    return Object.values(answerSchema.parse(JSON.parse(Buffer.from(answer).toString('utf8'))))[0]!;
  } catch {
    throw senseless(request, 'there is no log entry in it');
  }
}

const bodySchema = z.union([
  z.object({
    kind: z.literal('hashedrekord'),
    apiVersion: z.literal('0.0.1'),
    spec: z.object({ signature: z.object({ content: z.string() }) }),
  }),
  z.object({
    kind: z.literal('dsse'),
    apiVersion: z.literal('0.0.1'),
    spec: z.object({ signatures: z.array(z.object({ signature: z.string() })).length(1) }),
  }),
]);

/** An entry that is not of this signature would only be found by those who verify it. */
function checkedKind(
  request: ServiceRequest,
  body: Uint8Array,
  { signature }: Loggable,
): { readonly kind: string; readonly version: string } {
  let parsed: z.infer<typeof bodySchema>;
  try {
    parsed = bodySchema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch {
    throw senseless(request, 'the log entry is of another kind');
  }
  const logged =
    parsed.kind === 'dsse' ? parsed.spec.signatures[0]!.signature : parsed.spec.signature.content;
  if (logged !== toBase64(signature)) throw senseless(request, 'the log entry is of another signature');
  return { kind: parsed.kind, version: parsed.apiVersion };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
