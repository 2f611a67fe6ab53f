import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { TransparencyLogEntry as ProtoEntry } from '@sigstore/protobuf-specs';
import * as z from 'zod';
import { signedBytes } from '../formats/dsse.ts';
import { hashOf, type KeyAlgorithm } from '../keys/algorithm.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { askService, type ServiceRequest, type ServiceResponse } from './http.ts';
import { assertLoggable, rsaBits } from './log-support.ts';
import type { Loggable, LogOptions } from './rekor-v1.ts';
import { refused, senseless } from './service-failure.ts';
import type { LogVerifier } from './verifier.ts';

/** Bytes; an entry with its proof has a few thousand. */
const answerLimit = 256 * 1024;

/** The names that `sigstore_common.proto` has for kinds of key together with the hash. */
const keyDetails: Readonly<Record<KeyAlgorithm, (key: PublicKey) => string>> = {
  'ecdsa-p256': () => 'PKIX_ECDSA_P256_SHA_256',
  'ecdsa-p384': () => 'PKIX_ECDSA_P384_SHA_384',
  'ecdsa-p521': () => 'PKIX_ECDSA_P521_SHA_512',
  rsa: (key) => `PKIX_RSA_PKCS1V15_${rsaBits(key)}_SHA256`,
  ed25519: () => 'PKIX_ED25519',
};

/**
 * Puts a signature into a transparency log with Rekor's API v2 (rekor-tiles). The log gets digests only: of a message, or of an envelope's
 * pre-authentication encoding. It promises no time.
 *
 * @param url The base address, as signing configs have it.
 * @throws {LadingError} `ERR_LADING_KEY` when this log cannot check such signatures, else `ERR_LADING_SIGSTORE_SERVICE`
 */
export async function logInRekorV2(
  url: string,
  { content, signature }: Loggable,
  verifier: LogVerifier,
  options: LogOptions = {},
): Promise<TransparencyLogEntry> {
  const { key, kind, der } = verifier;
  assertLoggable(key, content.kind, 2);
  const digest = createHash(hashOf[key.algorithm] ?? 'sha512')
    .update(signedBytes(content))
    .digest();
  const rawBytes = toBase64(der);
  const request: ServiceRequest = {
    service: 'Rekor',
    method: 'POST',
    url: new URL(`${url.replace(/\/+$/, '')}/api/v2/log/entries`),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      hashedRekordRequestV002: {
        digest: toBase64(digest),
        signature: {
          content: toBase64(signature),
          verifier: {
            ...(kind === 'publicKey' ? { publicKey: { rawBytes } } : { x509Certificate: { rawBytes } }),
            keyDetails: keyDetails[key.algorithm](key),
          },
        },
      },
    }),
    limit: answerLimit,
    signal: options.signal,
  };
  const response = await askService(request, options);
  if (response.status !== 200 && response.status !== 201) throw refusal(request, response);
  return toLogEntry(request, response.body, { digest, signature });
}

function refusal(request: ServiceRequest, response: ServiceResponse): Error {
  const { status } = response;
  const hint = 'it has this very signature already, which an RSA key makes each time: keep the former one';
  return refused(request, response, { hint: status === 409 ? hint : undefined });
}

const bodySchema = z.object({
  kind: z.literal('hashedrekord'),
  apiVersion: z.literal('0.0.2'),
  spec: z.object({
    hashedRekordV002: z.object({
      data: z.object({ digest: z.string() }),
      signature: z.object({ content: z.string() }),
    }),
  }),
});

function toLogEntry(
  request: ServiceRequest,
  answer: Uint8Array,
  sent: { readonly digest: Uint8Array; readonly signature: Uint8Array },
): TransparencyLogEntry {
  let entry: ReturnType<typeof ProtoEntry.fromJSON>;
  let logged: z.infer<typeof bodySchema>['spec']['hashedRekordV002'];
  try {
    entry = ProtoEntry.fromJSON(JSON.parse(Buffer.from(answer).toString('utf8')));
    logged = bodySchema.parse(JSON.parse(Buffer.from(entry.canonicalizedBody).toString('utf8'))).spec
      .hashedRekordV002;
  } catch {
    throw senseless(request, 'there is no log entry in it');
  }
  const { logId, kindVersion, inclusionProof } = entry;
  if (logId === undefined || kindVersion === undefined || inclusionProof?.checkpoint === undefined) {
    throw senseless(request, 'the log entry has no proof of its inclusion');
  }
  if (logged.data.digest !== toBase64(sent.digest) || logged.signature.content !== toBase64(sent.signature)) {
    throw senseless(request, 'the log entry is of another signature');
  }
  return { ...entry, logId, kindVersion };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
