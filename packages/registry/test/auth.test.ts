import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Credential } from '../src/index.ts';
import {
  errorBody,
  type FakeServer,
  fakeServer,
  manifestOf,
  type ScriptedAnswer,
  type SeenRequest,
  serveManifest,
  testRegistry,
} from './fake-registry.ts';

const manifest = manifestOf();
const bob = new Credential('password', 'bob', 'hunter2', 'the test');

interface TokenServerOptions {
  /** What the token endpoint answers; by default the scopes as token. */
  readonly token?: (request: SeenRequest, scopes: readonly string[]) => ScriptedAnswer | undefined;
  /** What a request with a good token gets. */
  readonly serve?: (request: SeenRequest) => ScriptedAnswer;
  readonly challenge?: (host: string, request: SeenRequest) => ScriptedAnswer;
  /** Whether a token is good for a request. */
  readonly accepts?: (token: string, request: SeenRequest) => boolean;
}

const tokenOf = (scopes: readonly string[]): string => Buffer.from(scopes.join(' ')).toString('base64url');
const scopesOf = (token: string): readonly string[] => Buffer.from(token, 'base64url').toString().split(' ');
const needed = (request: SeenRequest): string =>
  /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(request.path)?.[1] ?? '';

/** A registry with a token server at `/token`; a token says what it is for. */
function bearerRegistry(options: TokenServerOptions = {}): Promise<FakeServer> {
  const server = fakeServer((request): ScriptedAnswer => {
    const url = new URL(request.path, 'http://x');
    if (url.pathname === '/token') {
      const scopes = url.searchParams.getAll('scope');
      return (
        options.token?.(request, scopes) ?? {
          status: 200,
          body: JSON.stringify({ token: tokenOf(scopes), expires_in: 300 }),
        }
      );
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const accepts =
      options.accepts ??
      ((given, of) => scopesOf(given).some((scope) => scope.startsWith(`repository:${needed(of)}:`)));
    if (token !== undefined && accepts(token, request))
      return options.serve?.(request) ?? serveManifest(manifest);
    return (
      options.challenge?.(request.headers.host!, request) ?? {
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="fake"` },
        body: errorBody('UNAUTHORIZED'),
      }
    );
  });
  return server;
}

const tokenRequests = (server: FakeServer): SeenRequest[] =>
  server.seen.filter(({ path }) => path.startsWith('/token'));

describe('bearer tokens', () => {
  test('a token is asked for once and used until it ends', async () => {
    await using server = await bearerRegistry();
    await using registry = testRegistry({ credentials: async () => bob });
    const repository = registry.repository(`${server.host}/acme/a`);
    await repository.resolve('one');
    await repository.resolve('two');
    expect(server.lines()).toEqual([
      'HEAD /v2/acme/a/manifests/one',
      'GET /token?service=fake&scope=repository%3Aacme%2Fa%3Apull',
      'HEAD /v2/acme/a/manifests/one',
      'HEAD /v2/acme/a/manifests/two',
    ]);
    expect(tokenRequests(server)[0]?.headers.authorization).toBe(`Basic ${btoa('bob:hunter2')}`);
  });

  test('concurrent requests share one challenge and one token', async () => {
    await using server = await bearerRegistry();
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/acme/a`);
    await Promise.all(Array.from({ length: 20 }, (_, index) => repository.resolve(`t${index}`)));
    expect(server.seen).toHaveLength(22);
    expect(tokenRequests(server)).toHaveLength(1);
  });

  test.each([
    ['access_token', { access_token: 'x' }],
    ['token', { token: 'x' }],
    ['an empty token beside an access_token', { token: '', access_token: 'x' }],
  ])('case 9: %s is taken', async (_, answer) => {
    await using server = await bearerRegistry({
      token: () => ({ status: 200, body: JSON.stringify(answer) }),
      accepts: (token) => token === 'x',
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/acme/a`).resolve('v1')).resolves.toMatchObject({
      digest: manifest.digest,
    });
  });

  test('case 9: a token without a lifetime lives for 60 seconds, whatever its date says', async () => {
    await using server = await bearerRegistry({
      token: (_, scopes) => ({
        status: 200,
        body: JSON.stringify({ token: tokenOf(scopes), issued_at: '2099-01-01T00:00:00Z' }),
      }),
    });
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/acme/a`);
    await repository.resolve('v1');
    registry.clock.advance(50_000);
    await repository.resolve('v1');
    expect(tokenRequests(server)).toHaveLength(1);
    registry.clock.advance(10_000);
    await repository.resolve('v1');
    expect(tokenRequests(server)).toHaveLength(2);
  });

  test('case 12: the scope that is pushed to comes first', async () => {
    await using server = await bearerRegistry({ serve: () => ({ status: 201 }) });
    await using registry = testRegistry();
    const blob = manifestOf({ artifactType: 'a/b' });
    const repository = registry.repository(`${server.host}/acme/target`);
    await repository.push(
      { ...blob, mediaType: 'a/b' },
      { open: async () => ReadableStream.from([blob.bytes]) as never },
      { mountFrom: ['acme/source'] },
    );
    const { searchParams } = new URL(tokenRequests(server)[0]!.path, 'http://x');
    expect(searchParams.getAll('scope')).toEqual([
      'repository:acme/target:pull,push',
      'repository:acme/source:pull',
    ]);
  });

  test('case 13: expected repositories come in one token', async () => {
    await using server = await bearerRegistry();
    await using registry = testRegistry();
    const names = Array.from({ length: 10 }, (_, index) => `${server.host}/acme/r${index}`);
    registry.expect(names.map((repository) => ({ repository, actions: ['pull'] })));
    await Promise.all(names.map((name) => registry.repository(name).resolve('v1')));
    expect(server.seen).toHaveLength(12);
  });

  test('case 13: very many expected repositories come in a few tokens, none with a long URL', async () => {
    await using server = await bearerRegistry();
    await using registry = testRegistry();
    const names = Array.from(
      { length: 60 },
      (_, index) => `${server.host}/acme/repository-with-a-long-name-${index}`,
    );
    registry.expect(names.map((repository) => ({ repository, actions: ['pull'] })));
    await Promise.all(names.map((name) => registry.repository(name).resolve('v1')));
    expect(tokenRequests(server)).toHaveLength(3);
    for (const { path } of tokenRequests(server)) expect(path.length).toBeLessThan(4500);
  });

  test('case 13: when the batch is refused, each repository gets its own token', async () => {
    await using server = await bearerRegistry({
      token: (_, scopes) =>
        scopes.some((scope) => scope.includes('private'))
          ? { status: 401, body: errorBody('UNAUTHORIZED') }
          : undefined,
    });
    await using registry = testRegistry();
    const names = ['one', 'two', 'private'].map((name) => `${server.host}/acme/${name}`);
    registry.expect(names.map((repository) => ({ repository, actions: ['pull'] })));
    const settled = await Promise.allSettled(names.map((name) => registry.repository(name).resolve('v1')));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(settled[2]).toMatchObject({ reason: { code: 'ERR_LADING_UNAUTHORIZED' } });
  });

  test('case 13: when the batch is granted in part, what is missing is asked for alone', async () => {
    await using server = await bearerRegistry({
      token: (_, scopes) =>
        scopes.length > 1
          ? { status: 200, body: JSON.stringify({ token: tokenOf(scopes.slice(0, 1)) }) }
          : undefined,
    });
    await using registry = testRegistry();
    const names = ['one', 'two'].map((name) => `${server.host}/acme/${name}`);
    registry.expect(names.map((repository) => ({ repository, actions: ['pull'] })));
    for (const name of names) await registry.repository(name).resolve('v1');
    expect(tokenRequests(server)).toHaveLength(2);
  });

  test.each([401, 403])(
    'case 14: %d insufficient_scope is answered once with a wider token',
    async (status) => {
      await using server = await bearerRegistry({
        accepts: (token) => scopesOf(token).includes('repository:acme/a:pull,metadata_read'),
        challenge: (host, request) => ({
          status: request.headers.authorization === undefined ? 401 : status,
          headers: {
            'www-authenticate': `Bearer realm="http://${host}/token",service="fake",scope="repository:acme/a:metadata_read",error="insufficient_scope"`,
          },
        }),
      });
      await using registry = testRegistry();
      await registry.repository(`${server.host}/acme/a`).resolve('v1');
      expect(tokenRequests(server)).toHaveLength(2);
    },
  );

  test('case 14: a token that stays insufficient is not asked for again and again', async () => {
    await using server = await bearerRegistry({ accepts: () => false });
    await using registry = testRegistry({ credentials: async () => bob });
    await expect(registry.repository(`${server.host}/acme/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNAUTHORIZED',
      status: 401,
      credentialsSource: 'user "bob", from the test',
    });
    expect(tokenRequests(server)).toHaveLength(1);
  });

  test('case 15: delete is asked for only to delete', async () => {
    await using server = await bearerRegistry({ serve: () => ({ status: 202 }) });
    await using registry = testRegistry();
    await registry.repository(`${server.host}/acme/a`).delete('v1');
    const { searchParams } = new URL(tokenRequests(server)[0]!.path, 'http://x');
    expect(searchParams.getAll('scope')).toEqual(['repository:acme/a:pull,delete']);
  });

  test('case 15: an identity token is exchanged by OAuth2', async () => {
    await using server = await fakeServer((request) => {
      if (request.path === '/oauth2/token')
        return { status: 200, body: JSON.stringify({ access_token: 'good' }) };
      if (request.headers.authorization === 'Bearer good') return serveManifest(manifest);
      return {
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="/oauth2/token",service="acr.example"' },
      };
    });
    const identity = new Credential('identity-token', '', 'refresh', 'the test');
    await using registry = testRegistry({ credentials: async () => identity });
    await registry.repository(`${server.host}/acme/a`).resolve('v1');
    expect(Object.fromEntries(new URLSearchParams(server.seen[1]!.body.toString()))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'lading',
      refresh_token: 'refresh',
      scope: 'repository:acme/a:pull',
      service: 'acr.example',
    });
    expect(server.seen[1]!.method).toBe('POST');
  });

  test.each([401, 404, 405])(
    'case 15: a token server that answers OAuth2 with %d is asked by GET',
    async (status) => {
      await using server = await bearerRegistry({
        token: (request) => (request.method === 'POST' ? { status } : undefined),
      });
      const identity = new Credential('identity-token', '', 'refresh', 'the test');
      await using registry = testRegistry({ credentials: async () => identity });
      await registry.repository(`${server.host}/acme/a`).resolve('v1');
      expect(tokenRequests(server).map(({ method }) => method)).toEqual(['POST', 'GET']);
      expect(tokenRequests(server)[1]!.headers.authorization).toBe(`Basic ${btoa('<token>:refresh')}`);
    },
  );

  test('case 19: a token answer beyond 64 KiB is refused', async () => {
    await using server = await bearerRegistry({
      token: () => ({ status: 200, body: JSON.stringify({ token: 'x'.repeat(70_000) }) }),
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/acme/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_TOO_LARGE',
      message: expect.stringContaining('65536 bytes'),
    });
  });

  test.each(['', 'a token', 'x\r\nX-Injected: 1'])('a token %j is refused', async (token) => {
    await using server = await bearerRegistry({
      token: () => ({ status: 200, body: JSON.stringify({ token }) }),
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/acme/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_REGISTRY',
    });
  });

  test('case 19: a realm at the cloud’s metadata service is refused, and sees no credentials', async () => {
    await using server = await bearerRegistry({
      challenge: () => ({
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="http://169.254.169.254/token"' },
      }),
    });
    await using registry = testRegistry({ credentials: async () => bob });
    await expect(registry.repository(`${server.host}/acme/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_URL_POLICY',
    });
  });

  test('case 20: the token of one registry goes to no other host', async () => {
    await using cdn = await fakeServer(() => serveManifest(manifest));
    await using server = await bearerRegistry({
      serve: () => ({ status: 307, headers: { location: `${cdn.url}/there` } }),
    });
    await using registry = testRegistry({ credentials: async () => bob });
    await registry.repository(`${server.host}/acme/a`).load('v1');
    expect(cdn.seen).toHaveLength(1);
    expect(cdn.seen[0]!.headers.authorization).toBeUndefined();
  });

  test('a dead token server is an error of its own', async () => {
    await using server = await bearerRegistry({ token: () => ({ status: 500, body: 'broken' }) });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/acme/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_REGISTRY',
      status: 500,
    });
  });

  test('one caller that gives up does not end the token request of the others', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await using server = await fakeServer(async (request) => {
      if (request.path.startsWith('/token')) {
        await gate;
        return { status: 200, body: JSON.stringify({ token: 'good' }) };
      }
      if (request.headers.authorization === 'Bearer good') return serveManifest(manifest);
      return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
    });
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/acme/a`);
    const impatient = new AbortController();
    const first = repository.resolve('v1', { signal: impatient.signal });
    const second = repository.resolve('v1');
    const reason = new Error('enough');
    setTimeout(() => impatient.abort(reason), 50);
    await expect(first).rejects.toBe(reason);
    open();
    await expect(second).resolves.toMatchObject({ digest: manifest.digest });
  });
});

describe('basic authentication', () => {
  const basic = (request: SeenRequest): ScriptedAnswer =>
    request.headers.authorization === `Basic ${btoa('bob:hunter2')}`
      ? serveManifest(manifest)
      : {
          status: 401,
          headers: { 'www-authenticate': 'Negotiate, Basic realm="x"' },
          body: errorBody('UNAUTHORIZED', 'authentication required'),
        };

  test('is used when the registry asks for it', async () => {
    await using server = await fakeServer(basic);
    await using registry = testRegistry({ credentials: async () => bob });
    const repository = registry.repository(`${server.host}/acme/a`);
    await repository.resolve('v1');
    await repository.resolve('v1');
    expect(server.seen).toHaveLength(3);
  });

  test('without credentials the error says how to get some', async () => {
    await using server = await fakeServer(basic);
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/acme/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNAUTHORIZED',
      message: `${server.host} wants credentials for the pull of acme/a:v1: UNAUTHORIZED "authentication required"`,
      hint: expect.stringContaining(`lading login ${server.host}`),
      credentialsSource: undefined,
    });
  });

  test('a server that gives the whole request back does not get the password printed', async () => {
    for (const json of [true, false]) {
      await using server = await fakeServer(({ headers: { authorization = '' } }) => {
        if (authorization === '') return { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
        const text = `refused: Authorization: ${authorization}`;
        return { status: 403, body: json ? errorBody('DENIED', text) : text };
      });
      const credential = new Credential('password', 'bob', 'hunter2-hunter2', 'the test');
      await using registry = testRegistry({ credentials: async () => credential });
      const error: unknown = await registry
        .repository(`${server.host}/a`)
        .load('v1')
        .catch((cause: unknown) => cause);
      const secret = Buffer.from('bob:hunter2-hunter2').toString('base64');
      expect(error).toMatchObject({ code: 'ERR_LADING_DENIED', message: expect.stringContaining('Basic …') });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    }
  });

  test('a wrong password is named by its source, and shown nowhere', async () => {
    await using server = await fakeServer(basic);
    const wrong = new Credential('password', 'bob', 'opensesame', 'REGISTRY_PASSWORD');
    await using registry = testRegistry({ credentials: async () => wrong });
    const error = await registry
      .repository(`${server.host}/acme/a`)
      .load('v1')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'ERR_LADING_UNAUTHORIZED',
      credentialsSource: 'user "bob", from REGISTRY_PASSWORD',
    });
    expect(
      `${inspect(error, { depth: 9 })}${JSON.stringify(error)}${inspect(wrong)}${JSON.stringify(wrong)}`,
    ).not.toContain('opensesame');
    expect(server.seen).toHaveLength(2);
  });
});

describe('challenges', () => {
  test('case 7: a 401 without a challenge is looked up at /v2/', async () => {
    await using server = await fakeServer((request) => {
      if (request.path === '/v2/') return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      return request.headers.authorization === undefined ? { status: 401 } : serveManifest(manifest);
    });
    await using registry = testRegistry({ credentials: async () => bob });
    const repository = registry.repository(`${server.host}/acme/a`);
    await repository.resolve('v1');
    expect(server.lines()).toEqual([
      'HEAD /v2/acme/a/manifests/v1',
      'GET /v2/',
      'HEAD /v2/acme/a/manifests/v1',
    ]);
  });

  test.each([
    [400, 'Your authorization token has expired. Reauthenticate and try again.'],
    [403, 'Your Authorization Token has expired. Please run aws ecr get-login-password'],
  ])('case 16: %d with an expired password asks the helper once more', async (status, message) => {
    const asked: (boolean | undefined)[] = [];
    await using server = await fakeServer((request) => {
      if (request.headers.authorization === undefined)
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      return request.headers.authorization === `Basic ${btoa('AWS:new')}`
        ? serveManifest(manifest)
        : { status, body: errorBody('DENIED', message) };
    });
    await using registry = testRegistry({
      credentials: async ({ fresh }) => {
        asked.push(fresh);
        return new Credential(
          'password',
          'AWS',
          fresh === true ? 'new' : 'old',
          'docker-credential-ecr-login',
        );
      },
    });
    await registry.repository(`${server.host}/acme/a`).load('v1');
    expect(asked.filter(Boolean)).toHaveLength(1);
  });

  test('a ready bearer token is used as it is', async () => {
    await using server = await fakeServer((request) =>
      request.headers.authorization === 'Bearer ready'
        ? serveManifest(manifest)
        : { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } },
    );
    await using registry = testRegistry({
      credentials: async () => new Credential('registry-token', '', 'ready', 'a file'),
    });
    await registry.repository(`${server.host}/acme/a`).resolve('v1');
    expect(server.seen).toHaveLength(2);
  });
});
