import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type KeySources, openPrivateKey, openPublicKey } from '../../src/keys/open.ts';
import type { PrivateKey } from '../../src/keys/private-key.ts';
import { keySources } from '../../src/node/keys.ts';
import {
  awsIdentity,
  awsKms,
  azureToken,
  azureVault,
  type Faults,
  googleKey,
  googleKms,
  googleToken,
  googleTokens,
  vaultToken,
  vaultTransit,
} from './support/doubles.ts';
import { type Answer, type Received, type Service, startService } from './support/service.ts';

const data = Buffer.from('what is signed');
const keys: Readonly<Record<string, KeyObject>> = {
  'ecdsa-p256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  'ecdsa-p384': generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey,
  'ecdsa-p521': generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey,
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ed25519: generateKeyPairSync('ed25519').privateKey,
};
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const hashes: Readonly<Record<string, string | null>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
  rsa: 'sha256',
  ed25519: null,
};

let home = '';
const open: Service[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lading-kms-'));
});
afterEach(async () => {
  for (const service of open.splice(0)) await service[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

async function serve(answer: (received: Received) => Answer | undefined): Promise<Service> {
  const service = await startService(answer);
  open.push(service);
  return service;
}

/** Sources that give up and repeat quickly. */
function sources(env: Record<string, string>, timeoutMs = 5000): KeySources {
  const found = keySources({ env, home, cwd: home });
  return { ...found, services: { ...found.services!, timeoutMs, retryDelayMs: 1 } };
}

/** One service as a user sets it up, over a double. */
interface Setup {
  readonly reference: string;
  readonly secrets: readonly string[];
  /** The double of a key; `faults` may be changed later. */
  readonly double: (key: KeyObject, faults?: Faults) => (received: Received) => Answer;
  readonly sources: (service: Service) => Promise<KeySources>;
}

const setups: Readonly<Record<string, Setup>> = {
  AWS: {
    reference: 'awskms:///alias/release',
    secrets: [awsIdentity.secretAccessKey],
    double: awsKms,
    sources: async ({ url }) =>
      sources({
        AWS_ACCESS_KEY_ID: awsIdentity.accessKeyId,
        AWS_SECRET_ACCESS_KEY: awsIdentity.secretAccessKey,
        AWS_REGION: 'eu-west-1',
        AWS_ENDPOINT_URL_KMS: url,
      }),
  },
  Google: {
    reference: `gcpkms://${googleKey}`,
    secrets: [googleToken],
    double: (key, faults) => googleKms(key, googleAlgorithm(key), faults),
    sources: async ({ url }) => {
      const found = sources({});
      const google = { token: async () => googleToken, endpoint: url };
      return { ...found, services: { ...found.services!, google } };
    },
  },
  Azure: {
    reference: 'azurekms://acme.vault.azure.net/release',
    secrets: [azureToken],
    double: (key, faults) => azureVault(key, key.asymmetricKeyType === 'rsa' ? 'RSA-HSM' : 'EC', faults),
    sources: async ({ url }) => {
      const found = sources({});
      const azure = { token: async () => azureToken, endpoint: url };
      return { ...found, services: { ...found.services!, azure } };
    },
  },
  Vault: {
    reference: 'hashivault://release',
    secrets: [vaultToken],
    double: (key, faults) =>
      vaultTransit(key, key.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'ecdsa-p256', faults),
    sources: async ({ url }) =>
      sources({
        VAULT_ADDR: `${url}/`,
        VAULT_TOKEN: vaultToken,
        VAULT_NAMESPACE: 'acme',
        TRANSIT_SECRET_ENGINE_PATH: '/images/transit/',
      }),
  },
};

function googleAlgorithm(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RSA_SIGN_PKCS1_2048_SHA256';
  if (key.asymmetricKeyType === 'ed25519') return 'EC_SIGN_ED25519';
  return key === keys['ecdsa-p384'] ? 'EC_SIGN_P384_SHA384' : 'EC_SIGN_P256_SHA256';
}

const kinds = [
  ...['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'].map((kind) => ['AWS', kind] as const),
  ...['ecdsa-p256', 'ecdsa-p384', 'rsa', 'ed25519'].map((kind) => ['Google', kind] as const),
  ...['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa'].map((kind) => ['Azure', kind] as const),
  ...['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'].map((kind) => ['Vault', kind] as const),
];

test.each(kinds)('%s signs with a key of the kind %s', async (name, kind) => {
  const setup = setups[name]!;
  const key = keys[kind]!;
  const service = await serve(setup.double(key));
  const found = await openPrivateKey(setup.reference, await setup.sources(service));
  expect(found).toMatchObject({ algorithm: kind, name: setup.reference });
  // Often, as a signature's numbers are of different lengths.
  for (let round = 0; round < 10; round++) {
    const signature = await found.sign(data);
    expect(verify(hashes[kind]!, data, found.publicKey.pem, signature)).toBe(true);
  }
  expect((await openPublicKey(setup.reference, await setup.sources(service))).pem).toBe(found.publicKey.pem);
});

describe.each(Object.entries(setups))('%s', (name, setup) => {
  const key = keys['ecdsa-p256']!;
  async function start(
    wrap: (answer: Answer, received: Received, count: number) => Answer | undefined = (answer) => answer,
    faults?: Faults,
  ): Promise<{ service: Service; sources: KeySources }> {
    const double = setup.double(key, faults);
    let count = 0;
    const service = await serve((received) => wrap(double(received), received, ++count));
    return { service, sources: await setup.sources(service) };
  }
  const opened = async (at: { sources: KeySources }): Promise<PrivateKey> =>
    openPrivateKey(setup.reference, at.sources);

  test('is asked again when it is busy or broken for a moment', async () => {
    const at = await start((answer, _received, count) =>
      count % 3 === 0 ? answer : { status: 503, body: 'later' },
    );
    const found = await opened({ sources: at.sources }).catch((error: unknown) => error);
    expect(found).not.toBeInstanceOf(Error);
    expect(at.service.received.length % 3).toBe(0);
    await (found as PrivateKey).sign(data);
  });

  test('that stays broken is given up after three tries', async () => {
    const at = await start(() => ({ status: 500, body: 'oops' }));
    await expect(opened(at)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining(`${at.service.host} refuses with status 500`),
    });
    expect(at.service.received).toHaveLength(3);
  });

  test('that refuses is not asked again; its words are told, and what to do', async () => {
    const refusal = {
      body: {
        __type: 'AccessDeniedException',
        message: 'not for you',
        error: { code: 'Forbidden', status: 'PERMISSION_DENIED', message: 'not for you' },
        errors: ['not for you'],
      },
    };
    const at = await start(() => ({ status: name === 'AWS' ? 400 : 403, ...refusal }));
    await expect(opened(at)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining('not for you'),
      hint: expect.stringMatching(/kms:Sign|signerVerifier|Crypto User|VAULT_TOKEN/),
    });
    expect(at.service.received).toHaveLength(1);
  });

  test('that sends back what it was told in confidence does not get it printed', async () => {
    const at = await start((_answer, { headers }) => {
      const echo = `${JSON.stringify(headers)} ${setup.secrets.join(' ')}\u001b[31m\n`;
      return { status: 403, body: { message: echo, errors: [echo], error: { message: echo } } };
    });
    const error = await opened(at).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_LADING_KEY_SERVICE', message: expect.stringContaining('…') });
    for (const secret of setup.secrets) expect(inspect(error, { depth: 10 })).not.toContain(secret);
    expect((error as Error).message).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['other JSON', '{"a":1}'],
    ['JSON of a wrong shape', '{"PublicKey":7,"data":[],"key":"x","pem":1}'],
  ])('that sends %s is told so', async (_what, body) => {
    const at = await start(() => ({ body }));
    await expect(opened(at)).rejects.toMatchObject({ code: 'ERR_LADING_KEY_SERVICE' });
    expect(at.service.received).toHaveLength(1);
  });

  test('that sends without end is not listened to', async () => {
    const at = await start(() => ({ body: ' '.repeat(1_100_000) }));
    await expect(opened(at)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining('sends more than 1048576 bytes'),
    });
    expect(at.service.received).toHaveLength(1);
  });

  test('whose signature does not fit its public key makes no signature', async () => {
    const at = await start(undefined, { otherKey: other });
    const found = await opened(at);
    await expect(found.sign(data)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining('does not fit its public key'),
    });
  });

  test('that sends us elsewhere is not followed', async () => {
    const elsewhere = await serve(() => ({ body: {} }));
    const at = await start(() => ({ status: 307, headers: { location: elsewhere.url } }));
    await expect(opened(at)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining('307'),
    });
    expect(elsewhere.received).toHaveLength(0);
  });

  test('that does not answer is given up, or left when the caller says so', async () => {
    const service = await serve(() => undefined);
    const base = await setup.sources(service);
    const impatient = { ...base, services: { ...base.services!, timeoutMs: 50 } };
    await expect(openPrivateKey(setup.reference, impatient)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining('no answer within 0.05 s'),
    });
    const reason = new Error('enough');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 30);
    await expect(openPrivateKey(setup.reference, base, { signal: abort.signal })).rejects.toBe(reason);
  });

  test('that is not there is named', async () => {
    const at = await start();
    await at.service[Symbol.asyncDispose]();
    open.splice(open.indexOf(at.service), 1);
    await expect(opened(at)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED/),
    });
  });

  test('without credentials is told what was looked for', async () => {
    const { aws } = sources({ AWS_REGION: 'eu-west-1' }).services!;
    const none = { ...sources({}), services: { now: Date.now, aws } };
    await expect(openPrivateKey(setup.reference, none)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      hint: expect.stringMatching(/AWS_ACCESS_KEY_ID|GOOGLE_APPLICATION|AZURE_TENANT_ID|VAULT_ADDR/),
    });
  });

  test('prints no secret', async () => {
    const at = await start();
    const found = await opened(at);
    for (const secret of setup.secrets) expect(inspect(found, { depth: 20 })).not.toContain(secret);
  });
});

describe('AWS', () => {
  const key = keys['ecdsa-p256']!;

  test('a busy KMS, which says so with status 400, is asked again', async () => {
    const double = awsKms(key);
    let count = 0;
    const service = await serve((received) =>
      ++count === 1 ? { status: 400, body: { __type: 'ThrottlingException' } } : double(received),
    );
    await openPrivateKey('awskms:///alias/release', await setups.AWS!.sources(service));
    expect(count).toBe(2);
  });

  test('wrong credentials are named', async () => {
    const service = await serve(awsKms(key));
    const wrong = sources({
      AWS_ACCESS_KEY_ID: awsIdentity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: 'wrong',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: service.url,
    });
    await expect(openPrivateKey('awskms:///alias/release', wrong)).rejects.toMatchObject({
      message: expect.stringContaining('InvalidSignatureException: The request signature does not match'),
      hint: 'The AWS credentials are wrong.',
    });
  });

  test('a key that is not for signing is refused', async () => {
    const double = awsKms(key);
    const service = await serve((received) => {
      const answer = double(received);
      return { ...answer, body: { ...(answer.body as object), KeyUsage: 'KEY_AGREEMENT' } };
    });
    await expect(
      openPrivateKey('awskms:///alias/release', await setups.AWS!.sources(service)),
    ).rejects.toMatchObject({ hint: expect.stringContaining('SIGN_VERIFY') });
  });

  test('an unknown region is named', async () => {
    await expect(openPrivateKey('awskms:///alias/release', sources({}))).rejects.toMatchObject({
      hint: expect.stringContaining('AWS_REGION'),
    });
  });

  test('region and keys may stand in a profile', async () => {
    const service = await serve(awsKms(key));
    await mkdir(join(home, '.aws'));
    await writeFile(
      join(home, '.aws', 'config'),
      '[default]\nregion = us-east-1\n[profile release]\r\nregion=eu-west-1\r\ns3 =\n  region = x\n',
    );
    await writeFile(
      join(home, '.aws', 'credentials'),
      `[default]\naws_access_key_id = no\naws_secret_access_key = no\n[release]\naws_access_key_id = ${awsIdentity.accessKeyId}\naws_secret_access_key=${awsIdentity.secretAccessKey}\n`,
    );
    const found = await openPrivateKey(
      'awskms:///alias/release',
      sources({ AWS_PROFILE: 'release', AWS_ENDPOINT_URL_KMS: service.url }),
    );
    await found.sign(data);
  });

  test('a web identity token is changed for the keys of a role, once', async () => {
    const service = await serve(awsKms(key));
    const sts = await serve(({ body }) => {
      const form = new URLSearchParams(body);
      if (form.get('WebIdentityToken') !== 'eyJ.web' || form.get('RoleArn') !== 'arn:aws:iam::1:role/r') {
        return {
          status: 403,
          body: `<Error><Code>AccessDenied</Code><Message>no ${form.get('WebIdentityToken')}</Message></Error>`,
        };
      }
      return {
        body: `<R xmlns="x"><C><AccessKeyId>${awsIdentity.accessKeyId}</AccessKeyId><SecretAccessKey>${awsIdentity.secretAccessKey}</SecretAccessKey><SessionToken>session</SessionToken></C></R>`,
      };
    });
    await writeFile(join(home, 'token'), 'eyJ.web\n');
    const env = {
      AWS_WEB_IDENTITY_TOKEN_FILE: 'token',
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_KMS: service.url,
      AWS_ENDPOINT_URL_STS: sts.url,
    };
    const found = await openPrivateKey('awskms:///alias/release', sources(env));
    await found.sign(data);
    expect(sts.received).toHaveLength(1);
    expect(service.received.map(({ headers }) => headers['x-amz-security-token'])).toEqual([
      'session',
      'session',
    ]);
    await writeFile(join(home, 'token'), 'eyJ.secret-other');
    const error = await openPrivateKey('awskms:///alias/release', sources(env)).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ message: expect.stringContaining('AccessDenied: no …') });
    expect(inspect(error)).not.toContain('eyJ.secret');
  });
});

describe('Google', () => {
  const key = keys['ecdsa-p256']!;
  const account = generateKeyPairSync('rsa', { modulusLength: 2048 });

  async function withCredentials(
    credentials: (url: string) => object,
  ): Promise<{ tokens: Service; sources: KeySources }> {
    const service = await serve(googleKms(key, 'EC_SIGN_P256_SHA256'));
    const tokens: Service = await serve(
      googleTokens(account.privateKey, Date.now, () => `${tokens.url}/token`),
    );
    await writeFile(join(home, 'credentials.json'), JSON.stringify(credentials(`${tokens.url}/token`)));
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: 'credentials.json',
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: service.url,
    };
    return { tokens, sources: sources(env) };
  }
  const serviceAccount = (token_uri: string): object => ({
    type: 'service_account',
    client_email: 'signer@acme.iam.example',
    private_key_id: 'k1',
    private_key: account.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri,
  });

  test('a service account signs for its token, which serves for many signatures', async () => {
    const { tokens, sources } = await withCredentials(serviceAccount);
    const found = await openPrivateKey(`gcpkms://${googleKey}`, sources);
    for (let round = 0; round < 3; round++) await found.sign(data);
    expect(tokens.received).toHaveLength(1);
  });

  test('a user’s credentials are refreshed', async () => {
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 'client-secret' };
    const at = await withCredentials((token_uri) => ({ ...user, refresh_token: 'refresh-me', token_uri }));
    await (await openPrivateKey(`gcpkms://${googleKey}`, at.sources)).sign(data);
    const wrong = await withCredentials((token_uri) => ({
      ...user,
      refresh_token: 'refresh-old',
      token_uri,
    }));
    const error = await openPrivateKey(`gcpkms://${googleKey}`, wrong.sources).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      code: 'ERR_LADING_KEY_SERVICE',
      message: expect.stringContaining('invalid_grant: bad …'),
      hint: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS'),
    });
    expect(inspect(error)).not.toMatch(/refresh-old|client-secret/);
  });

  describe('a workload that another issuer vouches for', () => {
    const exchange = async (): Promise<Service> => {
      const service: Service = await serve(({ path, headers, body }) => {
        const form = new URLSearchParams(body);
        if (path === '/job-token?audience=a' && headers.authorization === 'Bearer job-secret') {
          return { body: { value: 'eyJ.subject' } };
        }
        if (
          path === '/token' &&
          form.get('subject_token') === 'eyJ.subject' &&
          form.get('audience') === '//iam/pool'
        ) {
          return { body: { access_token: 'federated-token', expires_in: 3600 } };
        }
        if (path === '/impersonate' && headers.authorization === 'Bearer federated-token') {
          return {
            body: { accessToken: googleToken, expireTime: new Date(Date.now() + 3_600_000).toISOString() },
          };
        }
        return {
          status: 403,
          body: {
            error: 'denied',
            error_description: `${headers.authorization} ${form.get('subject_token')}`,
          },
        };
      });
      return service;
    };
    const workload = (url: string, source: object): object => ({
      type: 'external_account',
      audience: '//iam/pool',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${url}/token`,
      service_account_impersonation_url: `${url}/impersonate`,
      credential_source: source,
    });
    const format = { type: 'json', subject_token_field_name: 'value' };

    test('by a URL of its CI, as GitHub has it', async () => {
      const { url } = await exchange();
      const source = {
        url: `${url}/job-token?audience=a`,
        headers: { Authorization: 'Bearer job-secret' },
        format,
      };
      const at = await withCredentials(() => workload(url, source));
      const found = await openPrivateKey(`gcpkms://${googleKey}`, at.sources);
      await found.sign(data);
      const stale = { ...source, headers: { Authorization: 'Bearer job-stale' } };
      const wrong = await withCredentials(() => workload(url, stale));
      const error = await openPrivateKey(`gcpkms://${googleKey}`, wrong.sources).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({ code: 'ERR_LADING_KEY_SERVICE', hint: expect.stringContaining('job') });
      expect(inspect(error)).not.toContain('job-stale');
    });

    test('by a file', async () => {
      const { url } = await exchange();
      await writeFile(join(home, 'subject'), 'eyJ.subject\n');
      const at = await withCredentials(() => workload(url, { file: 'subject' }));
      await (await openPrivateKey(`gcpkms://${googleKey}`, at.sources)).sign(data);
      await writeFile(join(home, 'subject'), 'eyJ.secret-other');
      const error = await openPrivateKey(
        `gcpkms://${googleKey}`,
        (await withCredentials(() => workload(url, { file: 'subject' }))).sources,
      ).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ message: expect.stringContaining('denied: undefined …') });
      expect(inspect(error)).not.toContain('secret-other');
      await writeFile(join(home, 'subject'), 'secret, no JSON');
      const at2 = await withCredentials(() => workload(url, { file: 'subject', format }));
      const noJson = await openPrivateKey(`gcpkms://${googleKey}`, at2.sources).catch(
        (caught: unknown) => caught,
      );
      expect(noJson).toMatchObject({ message: expect.stringContaining('there is no token in subject') });
      expect(inspect(noJson)).not.toContain('secret, no JSON');
    });

    test('by another cloud is not taken', async () => {
      const at = await withCredentials(() => workload('http://127.0.0.1:1', { environment_id: 'aws1' }));
      await expect(openPrivateKey(`gcpkms://${googleKey}`, at.sources)).rejects.toMatchObject({
        message: expect.stringContaining('neither a file nor a URL'),
      });
    });
  });

  test('the metadata server gives the machine’s token', async () => {
    const service = await serve(googleKms(key, 'EC_SIGN_P256_SHA256'));
    const metadata = await serve(({ path, headers }) =>
      path === '/computeMetadata/v1/instance/service-accounts/default/token' &&
      headers['metadata-flavor'] === 'Google'
        ? { body: { access_token: googleToken, expires_in: 600 } }
        : { status: 403 },
    );
    const env = { GCE_METADATA_HOST: metadata.host, CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: service.url };
    await (await openPrivateKey(`gcpkms://${googleKey}`, sources(env))).sign(data);
  });

  test.each([
    ['of another type', { type: 'impersonated', private_key: 'SECRET' }, 'impersonated'],
    ['that lacks a part', { type: 'service_account', private_key: 'SECRET' }, 'service_account'],
    [
      'with a key that cannot be read',
      { type: 'service_account', client_email: 'a@b', private_key: 'SECRET' },
      'a@b',
    ],
  ])('a credentials file %s is an error without its content', async (_what, content, named) => {
    const { sources } = await withCredentials(() => content);
    const error = await openPrivateKey(`gcpkms://${googleKey}`, sources).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_LADING_KEY_SERVICE', message: expect.stringContaining(named) });
    expect(inspect(error)).not.toContain('SECRET');
  });

  test('a credentials file that is not there is named', async () => {
    await expect(
      openPrivateKey(`gcpkms://${googleKey}`, sources({ GOOGLE_APPLICATION_CREDENTIALS: 'gone.json' })),
    ).rejects.toMatchObject({ message: expect.stringContaining('gone.json') });
  });

  test('damage on the way is found by the checksums', async () => {
    const damaged = await serve(googleKms(key, 'EC_SIGN_P256_SHA256', { damage: true }));
    await expect(
      openPrivateKey(`gcpkms://${googleKey}`, await setups.Google!.sources(damaged)),
    ).rejects.toMatchObject({ message: expect.stringContaining('checksum') });
    const double = googleKms(key, 'EC_SIGN_P256_SHA256');
    for (const change of [{ verifiedDigestCrc32c: false }, { signatureCrc32c: '1' }]) {
      const service = await serve((received) => {
        const answer = double(received);
        return received.method === 'POST' ? { body: { ...(answer.body as object), ...change } } : answer;
      });
      const found = await openPrivateKey(`gcpkms://${googleKey}`, await setups.Google!.sources(service));
      await expect(found.sign(data)).rejects.toMatchObject({ message: expect.stringContaining('checksum') });
    }
  });

  test.each(['RSA_SIGN_PSS_2048_SHA256', 'RSA_SIGN_PKCS1_4096_SHA512', 'EC_SIGN_SECP256K1_SHA256'])(
    'a key for %s is refused',
    async (algorithm) => {
      const service = await serve(googleKms(keys.rsa!, algorithm));
      await expect(
        openPrivateKey(`gcpkms://${googleKey}`, await setups.Google!.sources(service)),
      ).rejects.toMatchObject({ message: expect.stringContaining(algorithm) });
    },
  );
});

describe('Azure', () => {
  test.each([
    ['a secret', { AZURE_CLIENT_SECRET: 'app-secret' }, 'client_secret', 'app-secret'],
    ['a workload’s token', { AZURE_FEDERATED_TOKEN_FILE: 'token' }, 'client_assertion', 'eyJ.workload'],
  ])('an application proves itself with %s', async (_what, variables, field, value) => {
    const entra = await serve(({ path, body }) => {
      const form = new URLSearchParams(body);
      const isRight =
        path === '/tenant-1/oauth2/v2.0/token' &&
        form.get('grant_type') === 'client_credentials' &&
        form.get('client_id') === 'app-1' &&
        form.get('scope') === 'https://vault.azure.net/.default' &&
        form.get(field) === value;
      return isRight
        ? { body: { access_token: azureToken, expires_in: '3599' } }
        : {
            status: 401,
            body: { error: 'invalid_client', error_description: `AADSTS7000215: ${form.get(field)}` },
          };
    });
    await writeFile(join(home, 'token'), 'eyJ.workload\n');
    const service = await serve(azureVault(keys['ecdsa-p256']!, 'EC-HSM'));
    const env = {
      AZURE_TENANT_ID: 'tenant-1',
      AZURE_CLIENT_ID: 'app-1',
      AZURE_AUTHORITY_HOST: entra.url,
      ...variables,
    };
    const over = (env: Record<string, string>): KeySources => {
      const found = sources(env);
      const azure = { ...found.services!.azure!, endpoint: service.url };
      return { ...found, services: { ...found.services!, azure } };
    };
    const key = await openPrivateKey('azurekms://acme/release', over(env));
    await key.sign(data);
    expect(entra.received).toHaveLength(1);
    const error = await openPrivateKey(
      'azurekms://acme/release',
      over({ ...env, AZURE_CLIENT_ID: 'app-2' }),
    ).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ message: expect.stringContaining('invalid_client: AADSTS7000215: …') });
    expect(inspect(error)).not.toContain(value);
  });
});

test.each([
  ['AWS_WEB_IDENTITY_TOKEN_FILE', 'awskms:///alias/release', { AWS_ROLE_ARN: 'r', AWS_REGION: 'eu-west-1' }],
  [
    'AZURE_FEDERATED_TOKEN_FILE',
    'azurekms://acme/release',
    { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_AUTHORITY_HOST: 'http://127.0.0.1:1' },
  ],
])('a token file that %s names and that is not there is told', async (variable, reference, env) => {
  await expect(openPrivateKey(reference, sources({ ...env, [variable]: 'gone' }))).rejects.toMatchObject({
    code: 'ERR_LADING_KEY_SERVICE',
    message: `gone, which ${variable} names, cannot be read: ENOENT`,
  });
});

describe('Vault', () => {
  test('the token may stand in ~/.vault-token', async () => {
    const service = await serve(vaultTransit(keys['ecdsa-p256']!, 'ecdsa-p256'));
    const env = {
      VAULT_ADDR: service.url,
      VAULT_NAMESPACE: 'acme',
      TRANSIT_SECRET_ENGINE_PATH: 'images/transit',
    };
    await expect(openPrivateKey('hashivault://release', sources(env))).rejects.toMatchObject({
      hint: expect.stringContaining('VAULT_TOKEN'),
    });
    await writeFile(join(home, '.vault-token'), `${vaultToken}\n`);
    await (await openPrivateKey('hashivault://release', sources(env))).sign(data);
  });

  test('a signature by another version than asked for is refused', async () => {
    const service = await serve(vaultTransit(keys['ecdsa-p256']!, 'ecdsa-p256', { version: 4 }));
    const found = await openPrivateKey('hashivault://release', await setups.Vault!.sources(service));
    await expect(found.sign(data)).rejects.toMatchObject({ message: expect.stringContaining('version 4') });
  });

  test('a key that does not sign, and a sealed Vault, are named', async () => {
    const aes = await serve(() => ({ body: { data: { latest_version: 1, keys: { 1: {} } } } }));
    await expect(
      openPrivateKey('hashivault://release', await setups.Vault!.sources(aes)),
    ).rejects.toMatchObject({ hint: expect.stringContaining('ecdsa-p256') });
    const sealed = await serve(() => ({ status: 503, body: { errors: ['Vault is sealed'] } }));
    await expect(
      openPrivateKey('hashivault://release', await setups.Vault!.sources(sealed)),
    ).rejects.toMatchObject({ hint: 'Vault has to be unsealed first.' });
    expect(sealed.received).toHaveLength(1);
  });

  test('an address that is no URL is named', async () => {
    await expect(
      openPrivateKey('hashivault://release', sources({ VAULT_ADDR: 'vault', VAULT_TOKEN: 'x' })),
    ).rejects.toMatchObject({ hint: expect.stringContaining('https://HOST:8200') });
  });
});
