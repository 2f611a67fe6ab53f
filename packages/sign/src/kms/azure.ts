import { createPublicKey, type JsonWebKey } from 'node:crypto';
import * as z from 'zod';
import type { KeyAlgorithm } from '../keys/algorithm.ts';
import type { PrivateKey } from '../keys/private-key.ts';
import type { AzureKey } from '../keys/reference.ts';
import { askService, type Refusal, type ServiceConnection } from './ask-service.ts';
import { base64Bytes } from './base64-bytes.ts';
import { ecdsaDer } from './ecdsa-der.ts';
import { serviceError } from './service-error.ts';
import { readServiceKey, servicePrivateKey } from './service-key.ts';

/** What is needed to use Azure Key Vault and Managed HSM. */
export interface AzureService {
  /** An access token for the scope, for example `https://vault.azure.net/.default`; asked for before every request. */
  readonly token: (scope: string, signal: AbortSignal | undefined) => Promise<string>;
  /** In place of `https://` and the vault's host. */
  readonly endpoint?: string | undefined;
}

const apiVersion = '7.4';

/** Ed25519 is not offered. */
const signingAlgorithms: Readonly<Partial<Record<KeyAlgorithm, string>>> = {
  'ecdsa-p256': 'ES256',
  'ecdsa-p384': 'ES384',
  'ecdsa-p521': 'ES512',
  rsa: 'RS256',
};

const keyAnswer = z.object({
  key: z.object({
    kid: z.string(),
    kty: z.string(),
    crv: z.string().optional(),
    x: z.string().optional(),
    y: z.string().optional(),
    n: z.string().optional(),
    e: z.string().optional(),
  }),
});
const signAnswer = z.object({ value: base64Bytes });

/**
 * A key in Azure Key Vault or Managed HSM; without a version the newest one.
 * @see https://learn.microsoft.com/en-us/rest/api/keyvault/keys/sign/sign
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`, `ERR_LADING_KEY`
 */
export async function openAzureKey(
  name: string,
  reference: AzureKey,
  service: AzureService,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<PrivateKey> {
  const scope = scopeOf(reference.host);

  async function ask<Answer>(
    path: string,
    answer: z.ZodType<Answer>,
    signal: AbortSignal | undefined,
    content?: object,
  ): Promise<Answer> {
    const token = await service.token(scope, signal);
    return askService(
      {
        service: 'Azure Key Vault',
        method: content === undefined ? 'GET' : 'POST',
        url: new URL(
          `/keys/${path}?api-version=${apiVersion}`,
          service.endpoint ?? `https://${reference.host}`,
        ),
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

  const found = await ask([reference.key, reference.version].filter(Boolean).join('/'), keyAnswer, signal);
  const { kid, kty, ...parts } = found.key;
  // Keys in hardware have kinds of their own: EC-HSM, RSA-HSM.
  const jwk = { kty: kty.replace(/-HSM$/, ''), ...parts } as JsonWebKey;
  const key = readServiceKey(() => createPublicKey({ key: jwk, format: 'jwk' }), name);
  const algorithm = signingAlgorithms[key.algorithm];
  // Only RSA and NIST curves come as JWK.
  if (algorithm === undefined) throw serviceError(`${name} is of a kind that Azure does not sign with`);
  // The version that answered is the one to sign with: a new one may come at any time.
  const version = /\/keys\/[^/]+\/([A-Za-z0-9]+)$/.exec(kid)?.[1] ?? reference.version;
  if (version === undefined)
    throw serviceError(`Azure Key Vault does not say which version of ${name} it has`);
  return servicePrivateKey(name, key, async ({ digest }, signal) => {
    const { value } = await ask(`${reference.key}/${version}/sign`, signAnswer, signal, {
      alg: algorithm,
      value: Buffer.from(digest!.value).toString('base64url'),
    });
    return key.algorithm === 'rsa' ? value : ecdsaDer(value);
  });
}

/** The audience is the vault's host without its name: `acme.vault.azure.net` asks for tokens of `https://vault.azure.net`. */
function scopeOf(host: string): string {
  const [, domain] = /^[^.]+\.((?:vault|managedhsm)\..+?)(?::\d+)?$/.exec(host) ?? [];
  return `https://${domain ?? 'vault.azure.net'}/.default`;
}

const refusal = z.object({
  error: z.object({ code: z.string().optional(), message: z.string().optional() }),
});

function explain(status: number, answer: unknown): Refusal {
  const { error } = refusal.safeParse(answer).data ?? {};
  return {
    message: [error?.code, error?.message].filter(Boolean).join(': ') || undefined,
    hint: hints[status],
  };
}

const hints: Readonly<Record<number, string>> = {
  401: 'The access token is not accepted: does AZURE_TENANT_ID name the tenant of the vault?',
  403: 'The identity needs the key permissions get and sign (role Key Vault Crypto User), and the vault’s firewall has to let it in.',
  404: 'Is the name of the key right?',
};
