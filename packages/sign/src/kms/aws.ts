import { createPublicKey } from 'node:crypto';
import * as z from 'zod';
import type { KeyAlgorithm } from '../keys/algorithm.ts';
import type { PrivateKey } from '../keys/private-key.ts';
import type { AwsKey } from '../keys/reference.ts';
import { askService, type Refusal, type ServiceConnection } from './ask-service.ts';
import { type AwsCredentials, signAwsRequest } from './aws-signature.ts';
import { base64Bytes } from './base64-bytes.ts';
import { serviceError } from './service-error.ts';
import { readServiceKey, servicePrivateKey } from './service-key.ts';

/** What is needed to use AWS KMS. */
export interface AwsService {
  /** Asked before every request; who has to fetch credentials keeps them. */
  readonly credentials: (signal: AbortSignal | undefined) => Promise<AwsCredentials>;
  /** For keys that are not named by an ARN. */
  readonly region: (signal: AbortSignal | undefined) => Promise<string | undefined>;
  /** Where KMS is, for keys whose reference names no host. Default by the region. */
  readonly endpoint?: string | undefined;
}

const signingAlgorithms: Readonly<Record<KeyAlgorithm, string>> = {
  'ecdsa-p256': 'ECDSA_SHA_256',
  'ecdsa-p384': 'ECDSA_SHA_384',
  'ecdsa-p521': 'ECDSA_SHA_512',
  rsa: 'RSASSA_PKCS1_V1_5_SHA_256',
  ed25519: 'ED25519_SHA_512',
};

const publicKeyAnswer = z.object({
  KeyId: z.string(),
  KeyUsage: z.string(),
  PublicKey: base64Bytes,
  SigningAlgorithms: z.array(z.string()).optional(),
});
const signAnswer = z.object({ Signature: base64Bytes });

/**
 * A key in AWS KMS.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`, `ERR_LADING_KEY`
 */
export async function openAwsKey(
  name: string,
  reference: AwsKey,
  service: AwsService,
  connection: ServiceConnection & { readonly now: () => number },
  signal: AbortSignal | undefined,
): Promise<PrivateKey> {
  const region = reference.region ?? (await service.region(signal));
  if (region === undefined) {
    throw serviceError(`the region of ${name} is not known`, {
      hint: 'Set AWS_REGION, or name the key by its ARN.',
    });
  }
  const url = endpoint(reference, service, region);

  async function ask<Answer>(
    operation: string,
    content: object,
    answer: z.ZodType<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const credentials = await service.credentials(signal);
    const body = JSON.stringify(content);
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
    };
    return askService(
      {
        service: 'AWS KMS',
        method: 'POST',
        url,
        headers: signAwsRequest(
          { url, headers, body, region: region!, service: 'kms', time: connection.now() },
          credentials,
        ),
        body,
        secrets: [credentials.secretAccessKey, credentials.sessionToken ?? ''],
        answer,
        explain,
      },
      connection,
      signal,
    );
  }

  const found = await ask('GetPublicKey', { KeyId: reference.keyId }, publicKeyAnswer, signal);
  const key = readServiceKey(
    () => createPublicKey({ key: Buffer.from(found.PublicKey), format: 'der', type: 'spki' }),
    name,
  );
  const algorithm = signingAlgorithms[key.algorithm];
  if (found.KeyUsage !== 'SIGN_VERIFY' || found.SigningAlgorithms?.includes(algorithm) === false) {
    throw serviceError(`${name} is not for signing with ${algorithm}`, {
      hint: 'The key needs the usage SIGN_VERIFY; RSA keys are used with PKCS #1 v1.5 and SHA-256.',
    });
  }
  return servicePrivateKey(name, key, async ({ digest, data }, signal) => {
    const { Signature } = await ask(
      'Sign',
      {
        // An alias may be moved to another key at any time.
        KeyId: found.KeyId,
        Message: Buffer.from(digest?.value ?? data).toString('base64'),
        MessageType: digest === undefined ? 'RAW' : 'DIGEST',
        SigningAlgorithm: algorithm,
      },
      signAnswer,
      signal,
    );
    return Signature;
  });
}

function endpoint({ host }: AwsKey, service: AwsService, region: string): URL {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const text =
    host === undefined ? (service.endpoint ?? `https://kms.${region}.${domain}`) : `https://${host}`;
  if (!URL.canParse(text)) throw serviceError(`the address of AWS KMS is no URL: ${text}`);
  return new URL('/', text);
}

const refusal = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

function explain(_status: number, answer: unknown): Refusal {
  const { __type = '', message, Message } = refusal.safeParse(answer).data ?? {};
  const type = __type.replace(/^.*#/, '');
  const words = [type, message ?? Message].filter(Boolean).join(': ');
  return {
    message: words || undefined,
    hint: hints.find(([pattern]) => pattern.test(type))?.[1],
    // KMS says that it is busy with status 400.
    ...(/Throttling|LimitExceeded|TooManyRequests/.test(type) && { passing: true }),
  };
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/AccessDenied/, 'The identity needs kms:Sign and kms:GetPublicKey on this key.'],
  [/NotFound/, 'Is the region right, and does the key belong to this account?'],
  [
    /UnrecognizedClient|InvalidSignature|IncompleteSignature|InvalidClientTokenId/,
    'The AWS credentials are wrong.',
  ],
  [/ExpiredToken/, 'The AWS credentials are expired.'],
  [/Disabled|InvalidState/, 'The key is disabled or about to be deleted.'],
];
