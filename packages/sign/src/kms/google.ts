import * as z from 'zod';
import type { PrivateKey } from '../keys/private-key.ts';
import { publicKey } from '../keys/public-key.ts';
import type { GoogleKey } from '../keys/reference.ts';
import { askService, type Refusal, type ServiceConnection } from './ask-service.ts';
import { base64Bytes } from './base64-bytes.ts';
import { crc32c } from './crc32c.ts';
import { serviceError } from './service-error.ts';
import { servicePrivateKey } from './service-key.ts';

/** What is needed to use Google Cloud KMS. */
export interface GoogleService {
  /** An OAuth access token, asked for before every request; who has to fetch it keeps it. */
  readonly token: (signal: AbortSignal | undefined) => Promise<string>;
  /** Default `https://cloudkms.googleapis.com`. */
  readonly endpoint?: string | undefined;
}

/** The algorithms that go with Sigstore's; KMS fixes one for each version of a key. */
const supported: readonly string[] = [
  'EC_SIGN_P256_SHA256',
  'EC_SIGN_P384_SHA384',
  'EC_SIGN_ED25519',
  'RSA_SIGN_PKCS1_2048_SHA256',
  'RSA_SIGN_PKCS1_3072_SHA256',
  'RSA_SIGN_PKCS1_4096_SHA256',
];

/** Integers of 64 bits are strings in Google's JSON. */
const checksum = z.union([z.string().regex(/^\d+$/), z.number().int()]).transform(Number);
const versionsAnswer = z.object({
  cryptoKeyVersions: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});
const publicKeyAnswer = z.object({ pem: z.string(), algorithm: z.string(), pemCrc32c: checksum.optional() });
const signAnswer = z.object({
  signature: base64Bytes,
  signatureCrc32c: checksum,
  verifiedDigestCrc32c: z.boolean().optional(),
  verifiedDataCrc32c: z.boolean().optional(),
});

/** Pages of versions, a thousand each, that are looked through. */
const maxPages = 10;

/**
 * A key in Google Cloud KMS; without a version the newest one that is enabled.
 * @see https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions/asymmetricSign
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`, `ERR_LADING_KEY`
 */
export async function openGoogleKey(
  name: string,
  reference: GoogleKey,
  service: GoogleService,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<PrivateKey> {
  async function ask<Answer>(
    path: string,
    answer: z.ZodType<Answer>,
    signal: AbortSignal | undefined,
    content?: object,
  ): Promise<Answer> {
    const token = await service.token(signal);
    return askService(
      {
        service: 'Google Cloud KMS',
        method: content === undefined ? 'GET' : 'POST',
        url: new URL(`/v1/${path}`, service.endpoint ?? 'https://cloudkms.googleapis.com'),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: content && JSON.stringify(content),
        secrets: [token],
        answer,
        explain,
      },
      connection,
      signal,
    );
  }

  async function newestVersion(): Promise<string> {
    const numbers: number[] = [];
    let page = '';
    for (let pages = 0; pages < maxPages; pages++) {
      const query = new URLSearchParams({
        filter: 'state=ENABLED',
        pageSize: '1000',
        ...(page && { pageToken: page }),
      });
      const found = await ask(`${reference.key}/cryptoKeyVersions?${query}`, versionsAnswer, signal);
      numbers.push(
        ...found.cryptoKeyVersions.map((version) => Number(/\/(\d+)$/.exec(version.name)?.[1] ?? 0)),
      );
      page = found.nextPageToken ?? '';
      if (page === '') break;
    }
    const newest = Math.max(0, ...numbers);
    if (newest === 0) throw serviceError(`${name} has no version that is enabled`);
    return String(newest);
  }

  const version = `${reference.key}/cryptoKeyVersions/${reference.version ?? (await newestVersion())}`;
  const found = await ask(`${version}/publicKey`, publicKeyAnswer, signal);
  if (found.pemCrc32c !== undefined && found.pemCrc32c !== crc32c(Buffer.from(found.pem)))
    throw corrupted(name);
  if (!supported.includes(found.algorithm)) {
    throw serviceError(`${name} signs with ${found.algorithm}, which Sigstore’s clients do not verify`, {
      hint: `They verify ${supported.join(', ')}.`,
    });
  }
  return servicePrivateKey(name, publicKey(found.pem, { name }), async ({ digest, data }, signal) => {
    const sent = Buffer.from(digest?.value ?? data);
    const answer = await ask(
      `${version}:asymmetricSign`,
      signAnswer,
      signal,
      digest === undefined
        ? { data: sent.toString('base64'), dataCrc32c: String(crc32c(sent)) }
        : { digest: { [digest.hash]: sent.toString('base64') }, digestCrc32c: String(crc32c(sent)) },
    );
    const verified = digest === undefined ? answer.verifiedDataCrc32c : answer.verifiedDigestCrc32c;
    if (verified !== true || answer.signatureCrc32c !== crc32c(answer.signature)) throw corrupted(name);
    return answer.signature;
  });
}

function corrupted(name: string): Error {
  return serviceError(
    `what is sent between here and ${name} gets damaged on the way: its checksum is wrong`,
    {
      hint: 'Try again; when it stays, look at what is between: a proxy, for example.',
    },
  );
}

const refusal = z.object({
  error: z.object({ status: z.string().optional(), message: z.string().optional() }),
});

function explain(status: number, answer: unknown): Refusal {
  const { error } = refusal.safeParse(answer).data ?? {};
  return {
    message: [error?.status, error?.message].filter(Boolean).join(': ') || undefined,
    hint: hints[status],
  };
}

const hints: Readonly<Record<number, string>> = {
  401: 'The access token is not accepted: look at GOOGLE_APPLICATION_CREDENTIALS.',
  403: 'The identity needs the role roles/cloudkms.signerVerifier on this key, and to find its newest version roles/cloudkms.viewer.',
  404: 'Is the name of the key right?',
};
