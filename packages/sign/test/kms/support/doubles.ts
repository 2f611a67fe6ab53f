import { createHash, createHmac, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { crc32c } from '../../../src/kms/crc32c.ts';
import { ecdsaDer } from '../../../src/kms/ecdsa-der.ts';
import type { Answer, Received } from './service.ts';
import { signDigest } from './sign-digest.ts';

/** What a double does wrong, for tests of what we do then. */
export interface Faults {
  /** Signs with this key instead of its own. */
  otherKey?: KeyObject;
  /** Damages what it sends after its checksum was made. */
  damage?: boolean;
}

const der = (key: KeyObject, digest: Uint8Array): Buffer => {
  const signature = signDigest(key, digest);
  return key.asymmetricKeyType === 'rsa' ? signature : Buffer.from(ecdsaDer(signature));
};
const spki = (key: KeyObject, format: 'der' | 'pem'): string => {
  const exported = createPublicKey(key).export({ type: 'spki', format: format as 'der' });
  return format === 'pem' ? String(exported) : exported.toString('base64');
};

export const awsIdentity = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
} as const;

/** AWS KMS with one key; checks the signature of every request by making it again from what came in. */
export function awsKms(key: KeyObject, faults: Faults = {}): (received: Received) => Answer {
  const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  return ({ method, path, headers, body }) => {
    if (method !== 'POST' || path !== '/') return { status: 404 };
    if (headers.authorization !== expectedAuthorization(headers, body)) {
      return {
        status: 400,
        body: {
          __type: 'com.amazon.coral.service#InvalidSignatureException',
          message: 'The request signature does not match',
        },
      };
    }
    const content = JSON.parse(body) as Record<string, string>;
    if (headers['x-amz-target'] === 'TrentService.GetPublicKey' && content.KeyId === 'alias/release') {
      return {
        body: {
          KeyId: arn,
          KeyUsage: 'SIGN_VERIFY',
          PublicKey: spki(key, 'der'),
          SigningAlgorithms: algorithms(key),
        },
      };
    }
    if (headers['x-amz-target'] === 'TrentService.Sign' && content.KeyId === arn) {
      if (!algorithms(key).includes(content.SigningAlgorithm!))
        return { status: 400, body: { __type: 'InvalidKeyUsageException' } };
      const message = Buffer.from(content.Message!, 'base64');
      const signer = faults.otherKey ?? key;
      const signature = content.MessageType === 'RAW' ? sign(null, message, signer) : der(signer, message);
      return { body: { KeyId: arn, Signature: signature.toString('base64') } };
    }
    return {
      status: 400,
      body: { __type: 'NotFoundException', message: `Alias ${content.KeyId} is not found.` },
    };
  };
}

function algorithms(key: KeyObject): string[] {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return ['RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'];
  if (key.asymmetricKeyType === 'ed25519') return ['ED25519_SHA_512'];
  return [
    { prime256v1: 'ECDSA_SHA_256', secp384r1: 'ECDSA_SHA_384', secp521r1: 'ECDSA_SHA_512' }[namedCurve!]!,
  ];
}

/** Signature Version 4 from the text of its documentation, apart from our own code. */
function expectedAuthorization(headers: Received['headers'], body: string): string {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const scope = /Credential=[^/]+\/([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const canonical = `POST\n/\n\n${names.map((name) => `${name}:${headers[name]}\n`).join('')}\n${names.join(';')}\n${sha256(body)}`;
  const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${sha256(canonical)}`;
  const [date = '', region = '', service = '', end = ''] = scope.split('/');
  const key = mac(mac(mac(mac(`AWS4${awsIdentity.secretAccessKey}`, date), region), service), end);
  const required = ['content-type', 'host', 'x-amz-date', 'x-amz-target'];
  if (!required.every((name) => names.includes(name)) || `${region}/${service}` !== 'eu-west-1/kms')
    return 'refused';
  return `AWS4-HMAC-SHA256 Credential=${awsIdentity.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${mac(key, toSign).toString('hex')}`;
}

export const googleKey = 'projects/acme/locations/europe-west1/keyRings/images/cryptoKeys/release';
export const googleToken = 'ya29.google-access-token';

/** Google Cloud KMS with a key of versions 2, 9 and 10; checks the token and the checksums. */
export function googleKms(
  key: KeyObject,
  algorithm: string,
  faults: Faults = {},
): (received: Received) => Answer {
  return ({ method, path, headers, body }) => {
    const url = new URL(path, 'http://double');
    if (headers.authorization !== `Bearer ${googleToken}`) {
      return {
        status: 401,
        body: {
          error: { code: 401, status: 'UNAUTHENTICATED', message: `bad token ${headers.authorization}` },
        },
      };
    }
    if (method === 'GET' && url.pathname === `/v1/${googleKey}/cryptoKeyVersions`) {
      if (url.searchParams.get('filter') !== 'state=ENABLED') return { status: 400 };
      const [versions, nextPageToken] = url.searchParams.get('pageToken') === 'p2' ? [[10]] : [[9, 2], 'p2'];
      return {
        body: {
          cryptoKeyVersions: versions.map((version) => ({
            name: `${googleKey}/cryptoKeyVersions/${version}`,
          })),
          nextPageToken,
        },
      };
    }
    if (method === 'GET' && url.pathname === `/v1/${googleKey}/cryptoKeyVersions/10/publicKey`) {
      const pem = spki(key, 'pem');
      return {
        body: {
          pem: faults.damage ? pem.replace('\n-----END', '\n\n-----END') : pem,
          algorithm,
          pemCrc32c: String(crc32c(Buffer.from(pem))),
        },
      };
    }
    if (method === 'POST' && url.pathname === `/v1/${googleKey}/cryptoKeyVersions/10:asymmetricSign`) {
      const content = JSON.parse(body) as {
        digest?: Record<string, string>;
        digestCrc32c?: string;
        data?: string;
        dataCrc32c?: string;
      };
      const [hash, text = ''] = Object.entries(content.digest ?? { data: content.data ?? '' })[0]!;
      const bytes = Buffer.from(text, 'base64');
      const isRight = String(crc32c(bytes)) === (content.digestCrc32c ?? content.dataCrc32c);
      if (hash !== 'data' && !algorithm.endsWith(hash.toUpperCase()))
        return { status: 400, body: { error: { message: 'wrong digest' } } };
      const signer = faults.otherKey ?? key;
      const signature = hash === 'data' ? sign(null, bytes, signer) : der(signer, bytes);
      return {
        body: {
          signature: signature.toString('base64'),
          signatureCrc32c: String(crc32c(signature)),
          [hash === 'data' ? 'verifiedDataCrc32c' : 'verifiedDigestCrc32c']: isRight,
        },
      };
    }
    return { status: 404, body: { error: { status: 'NOT_FOUND', message: `no ${url.pathname}` } } };
  };
}

/** Google's token service for a service account: checks the assertion's signature and claims. */
export function googleTokens(
  account: KeyObject,
  now: () => number,
  audience: () => string,
): (received: Received) => Answer {
  return ({ body }) => {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') === 'refresh_token') {
      const isRight =
        form.get('refresh_token') === 'refresh-me' && form.get('client_secret') === 'client-secret';
      return isRight
        ? token()
        : {
            status: 400,
            body: { error: 'invalid_grant', error_description: `bad ${form.get('refresh_token')}` },
          };
    }
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const found = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, number | string>;
    const isRight =
      form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
      verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        createPublicKey(account),
        Buffer.from(signature, 'base64url'),
      ) &&
      found.aud === audience() &&
      found.iss === 'signer@acme.iam.example' &&
      Math.abs(Number(found.iat) * 1000 - now()) < 2000 &&
      Number(found.exp) > Number(found.iat);
    return isRight ? token() : { status: 400, body: { error: 'invalid_grant', error_description: 'no' } };
  };
  function token(): Answer {
    return { body: { access_token: googleToken, expires_in: 3599, token_type: 'Bearer' } };
  }
}

export const azureToken = 'eyJ.azure-access-token';

/** Azure Key Vault with one key of one version; checks the token. */
export function azureVault(key: KeyObject, kty: string, faults: Faults = {}): (received: Received) => Answer {
  return ({ method, path, headers, body }) => {
    const url = new URL(path, 'http://double');
    if (headers.authorization !== `Bearer ${azureToken}`)
      return { status: 401, body: { error: { code: 'Unauthorized', message: 'AKV10000' } } };
    if (url.searchParams.get('api-version') !== '7.4') return { status: 400 };
    if (method === 'GET' && url.pathname === '/keys/release') {
      const jwk = createPublicKey(key).export({ format: 'jwk' });
      return {
        body: {
          key: { ...jwk, kid: 'https://acme.vault.azure.net/keys/release/0a1b2c', kty, key_ops: ['sign'] },
          attributes: {},
        },
      };
    }
    if (method === 'POST' && url.pathname === '/keys/release/0a1b2c/sign') {
      const content = JSON.parse(body) as { alg: string; value: string };
      const digest = Buffer.from(content.value, 'base64url');
      const sizes: Record<string, number> = { ES256: 32, RS256: 32, ES384: 48, ES512: 64 };
      if (sizes[content.alg] !== digest.byteLength)
        return { status: 400, body: { error: { code: 'BadParameter', message: 'size' } } };
      return {
        body: {
          kid: 'https://acme.vault.azure.net/keys/release/0a1b2c',
          value: signDigest(faults.otherKey ?? key, digest).toString('base64url'),
        },
      };
    }
    return { status: 404, body: { error: { code: 'KeyNotFound', message: `no ${url.pathname}` } } };
  };
}

export const vaultToken = 'hvs.vault-token';

/** Vault's transit engine at `images/transit`, with version 3 of one key; checks token and namespace. */
export function vaultTransit(
  key: KeyObject,
  type: string,
  faults: Faults & { version?: number } = {},
): (received: Received) => Answer {
  return ({ method, path, headers, body }) => {
    if (headers['x-vault-token'] !== vaultToken || headers['x-vault-namespace'] !== 'acme') {
      return { status: 403, body: { errors: [`permission denied for ${headers['x-vault-token']}`] } };
    }
    if (method === 'GET' && path === '/v1/images/transit/keys/release') {
      const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
      const public_key =
        type === 'ed25519' ? Buffer.from(x, 'base64url').toString('base64') : spki(key, 'pem');
      return {
        body: {
          data: {
            type,
            latest_version: 3,
            keys: { 1: { name: type, public_key: 'old' }, 3: { name: type, public_key } },
          },
        },
      };
    }
    const [, hash] = /^\/v1\/images\/transit\/sign\/release(?:\/(sha2-\d+))?$/.exec(path) ?? [];
    if (method !== 'POST' || !path.includes('/sign/release')) return { status: 404, body: { errors: [] } };
    const content = JSON.parse(body) as {
      input: string;
      prehashed: boolean;
      key_version: number;
      signature_algorithm: string;
    };
    const input = Buffer.from(content.input, 'base64');
    const isDigest = hash !== undefined && input.byteLength * 8 === Number(hash.slice(5));
    if (
      content.prehashed !== isDigest ||
      content.key_version !== 3 ||
      content.signature_algorithm !== 'pkcs1v15'
    )
      return { status: 400, body: { errors: ['bad'] } };
    const signer = faults.otherKey ?? key;
    const signature = isDigest ? der(signer, input) : sign(null, input, signer);
    return { body: { data: { signature: `vault:v${faults.version ?? 3}:${signature.toString('base64')}` } } };
  };
}
