import { createPublicKey } from 'node:crypto';
import * as z from 'zod';
import type { PrivateKey } from '../keys/private-key.ts';
import { type PublicKey, publicKey } from '../keys/public-key.ts';
import type { VaultKey } from '../keys/reference.ts';
import { askService, type Refusal, type ServiceConnection } from './ask-service.ts';
import { base64Bytes } from './base64-bytes.ts';
import { serviceError } from './service-error.ts';
import { readServiceKey, servicePrivateKey } from './service-key.ts';

/** What is needed to use the transit engine of HashiCorp Vault or OpenBao. */
export interface VaultService {
  /** For example `https://vault.example.com:8200`. */
  readonly address: string;
  readonly token: (signal: AbortSignal | undefined) => Promise<string>;
  /** Where the transit engine is mounted. Default `transit`. */
  readonly mount?: string | undefined;
  readonly namespace?: string | undefined;
}

const keyAnswer = z.object({
  data: z.object({
    latest_version: z.number().int().positive(),
    keys: z.record(z.string(), z.object({ name: z.string().optional(), public_key: z.string().optional() })),
  }),
});
/** `vault:v3:` and base64. */
const signAnswer = z.object({ data: z.object({ signature: z.string() }) });

const hashNames = { sha256: 'sha2-256', sha384: 'sha2-384', sha512: 'sha2-512' } as const;

/**
 * The newest version of a key in Vault's transit engine.
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit#sign-data
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`, `ERR_LADING_KEY`
 */
export async function openVaultKey(
  name: string,
  reference: VaultKey,
  service: VaultService,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<PrivateKey> {
  if (!URL.canParse(service.address)) {
    throw serviceError('the address of Vault is no URL', {
      hint: 'VAULT_ADDR is written https://HOST:8200.',
    });
  }
  const mount = (service.mount ?? 'transit').replace(/^\/+|\/+$/g, '');
  const base = `${service.address.replace(/\/+$/, '')}/v1/${mount}`;

  async function ask<Answer>(
    path: string,
    answer: z.ZodType<Answer>,
    signal: AbortSignal | undefined,
    content?: object,
  ): Promise<Answer> {
    const token = await service.token(signal);
    return askService(
      {
        service: 'Vault',
        method: content === undefined ? 'GET' : 'POST',
        url: new URL(`${base}/${path}`),
        headers: {
          'x-vault-token': token,
          'x-vault-request': 'true',
          'content-type': 'application/json',
          ...(service.namespace && { 'x-vault-namespace': service.namespace }),
        },
        body: content && JSON.stringify(content),
        secrets: [token],
        answer,
        explain,
      },
      connection,
      signal,
    );
  }

  const { data: found } = await ask(`keys/${reference.key}`, keyAnswer, signal);
  const version = found.latest_version;
  const key = readPublicKey(found.keys[version], name);
  return servicePrivateKey(name, key, async ({ digest, data }, signal) => {
    const hash = digest === undefined ? '' : `/${hashNames[digest.hash]}`;
    const { data: signed } = await ask(`sign/${reference.key}${hash}`, signAnswer, signal, {
      input: Buffer.from(digest?.value ?? data).toString('base64'),
      prehashed: digest !== undefined,
      // The version whose public key is known: a new one may come at any time.
      key_version: version,
      signature_algorithm: 'pkcs1v15',
      marshaling_algorithm: 'asn1',
    });
    const [, used, signature] = /^vault:v(\d+):(.+)$/.exec(signed.signature) ?? [];
    const bytes = base64Bytes.safeParse(signature).data;
    if (bytes === undefined) throw serviceError('Vault sends a signature that cannot be read');
    if (used !== String(version))
      throw serviceError(`Vault signed with version ${used} of ${name}, asked for ${version}`);
    return bytes;
  });
}

function readPublicKey(
  version: { name?: string | undefined; public_key?: string | undefined } | undefined,
  name: string,
): PublicKey {
  const text = version?.public_key;
  if (!text) {
    throw serviceError(`${name} has no public key`, {
      hint: 'It has to be of a type that signs: ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-2048 to rsa-4096, ed25519.',
    });
  }
  // Vault tells Ed25519 keys as their 32 bytes alone.
  if (version.name !== 'ed25519') return publicKey(text, { name });
  const x = Buffer.from(text, 'base64').toString('base64url');
  return readServiceKey(
    () => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    name,
  );
}

const refusal = z.object({ errors: z.array(z.string()) });

function explain(status: number, answer: unknown): Refusal {
  const errors = refusal.safeParse(answer).data?.errors ?? [];
  // A sealed Vault answers 503 until people unseal it.
  const isSealed = errors.some((error) => /sealed/i.test(error));
  return {
    message: errors.join('; ') || undefined,
    hint: isSealed ? 'Vault has to be unsealed first.' : hints[status],
    ...(isSealed && { passing: false }),
  };
}

const hints: Readonly<Record<number, string>> = {
  400: 'Is the key of a type that signs?',
  403: 'VAULT_TOKEN needs a policy with read on transit/keys/KEY and update on transit/sign/KEY.',
  404: 'Is the name of the key right, and TRANSIT_SECRET_ENGINE_PATH where the transit engine is mounted?',
};
