import { describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '../../src/index.ts';
import { type Answer, send, startTemporary } from '../support.ts';

const users = { alice: 'a', bob: 'b' };
const alice = { authorization: `Basic ${Buffer.from('alice:a').toString('base64')}` };

interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly refresh_token?: string;
}

async function getToken(server: RegistryServer, query: string, headers = alice): Promise<TokenAnswer> {
  const answer = await send(server.url, 'GET', `/token?service=registry&${query}`, { headers });
  expect(answer.status).toBe(200);
  return answer.json as TokenAnswer;
}

function postToken(server: RegistryServer, form: Record<string, string>): Promise<Answer> {
  return send(server.url, 'POST', '/token', {
    body: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}

function bearer({ token }: { readonly token: string }): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

describe('a registry with tokens', () => {
  test('says where to get one and for what', async () => {
    await using server = await startTemporary({ auth: { type: 'bearer', users, service: 'acme' } });
    const challenges: [string, string, string][] = [
      ['GET', '/v2/', ''],
      ['GET', '/v2/acme/app/tags/list', ',scope="repository:acme/app:pull"'],
      ['POST', '/v2/acme/app/blobs/uploads/', ',scope="repository:acme/app:pull,push"'],
      ['DELETE', '/v2/acme/app/manifests/v1', ',scope="repository:acme/app:delete"'],
      ['GET', '/v2/_catalog', ',scope="registry:catalog:*"'],
    ];
    for (const [method, path, scope] of challenges) {
      const answer = await send(server.url, method, path);
      expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHORIZED']]);
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer realm="${server.url}/token",service="acme"${scope}`,
      );
    }
  });

  test('names the address that a proxy in front has', async () => {
    const tokenUrl = 'https://registry.example/token';
    await using server = await startTemporary({ auth: { type: 'bearer', users, tokenUrl } });
    const { headers } = await send(server.url, 'GET', '/v2/');
    expect(headers['www-authenticate']).toContain(`realm="${tokenUrl}"`);
  });

  test('gives a token for several scopes, good for these alone', async () => {
    await using server = await startTemporary({ auth: { type: 'bearer', users } });
    const token = await getToken(
      server,
      'scope=repository:a/one:pull,push&scope=repository:b:pull repository:c:*',
    );
    expect(token.access_token).toBe(token.token);
    expect(token.expires_in).toBe(300);
    expect(Math.abs(Date.parse(token.issued_at) - Date.now())).toBeLessThan(60_000);
    const headers = bearer(token);
    const status = async (method: string, path: string): Promise<number> =>
      (await send(server.url, method, path, { headers })).status;
    expect(await status('GET', '/v2/')).toBe(200);
    expect(await status('POST', '/v2/a/one/blobs/uploads/')).toBe(202);
    expect(await status('GET', '/v2/b/tags/list')).toBe(404);
    expect(await status('DELETE', '/v2/c/manifests/v1')).toBe(404);
    expect(await status('GET', '/v2/_catalog')).toBe(401);
    const wrong = await send(server.url, 'POST', '/v2/b/blobs/uploads/', { headers });
    expect(wrong.status).toBe(401);
    expect(wrong.headers['www-authenticate']).toContain(
      'scope="repository:b:pull,push",error="insufficient_scope"',
    );
  });

  test('case 10: a token that has run out is told to be invalid, in the middle of an upload as well', async () => {
    let now = Date.now();
    const auth = { type: 'bearer' as const, users, tokenLifetimeMs: 60_000 };
    await using server = await startTemporary({ auth, clock: () => now });
    const headers = bearer(await getToken(server, 'scope=repository:a:pull,push'));
    const { headers: begun } = await send(server.url, 'POST', '/v2/a/blobs/uploads/', { headers });
    const location = begun.location ?? '';
    expect((await send(server.url, 'PATCH', location, { headers, body: 'ab' })).status).toBe(202);
    now += 60_000;
    const late = await send(server.url, 'PATCH', location, { headers, body: 'c' });
    expect(late.status).toBe(401);
    expect(late.headers['www-authenticate']).toContain('error="invalid_token"');
    const fresh = bearer(await getToken(server, 'scope=repository:a:pull,push'));
    const status = await send(server.url, 'GET', location, { headers: fresh });
    expect([status.status, status.headers.range]).toEqual([204, '0-1']);
  });

  test('takes the OAuth 2 forms: password, then refresh token', async () => {
    await using server = await startTemporary({ auth: { type: 'bearer', users } });
    const form = { service: 'registry', client_id: 'test', scope: 'repository:a:pull' };
    const first = await postToken(server, {
      ...form,
      grant_type: 'password',
      username: 'alice',
      password: 'a',
      access_type: 'offline',
    });
    const { refresh_token = '' } = first.json as TokenAnswer;
    const second = await postToken(server, { ...form, grant_type: 'refresh_token', refresh_token });
    const answer = await send(server.url, 'GET', '/v2/a/tags/list', {
      headers: bearer(second.json as TokenAnswer),
    });
    expect(answer.codes).toEqual(['NAME_UNKNOWN']);
    expect((await getToken(server, 'offline_token=true')).refresh_token).toBeDefined();
    // One kind of token is not taken for the other.
    const swapped = await send(server.url, 'GET', '/v2/', { headers: bearer({ token: refresh_token }) });
    expect(swapped.status).toBe(401);
    const { token } = second.json as TokenAnswer;
    expect(
      (await postToken(server, { ...form, grant_type: 'refresh_token', refresh_token: token })).status,
    ).toBe(401);
  });

  test('refuses wrong credentials at the endpoint, and more than a form', async () => {
    await using server = await startTemporary({ auth: { type: 'bearer', users } });
    const headers = { authorization: `Basic ${Buffer.from('alice:b').toString('base64')}` };
    const wrong = await send(server.url, 'GET', '/token', { headers });
    expect([wrong.status, wrong.codes]).toEqual([401, ['UNAUTHORIZED']]);
    expect(
      (await postToken(server, { grant_type: 'password', username: 'alice', password: 'b' })).status,
    ).toBe(401);
    expect((await postToken(server, { grant_type: 'password', username: 'alice' })).status).toBe(401);
    expect((await postToken(server, { grant_type: 'x', username: 'alice', password: 'a' })).status).toBe(401);
    expect((await postToken(server, { padding: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await send(server.url, 'PUT', '/token')).status).toBe(405);
  });

  test.each([
    [
      'of another server',
      async () =>
        (
          await (async () => {
            await using other = await startTemporary({ auth: { type: 'bearer', users } });
            return await getToken(other, 'scope=repository:a:pull');
          })()
        ).token,
    ],
    [
      'with claims that were changed',
      async (server: RegistryServer) => {
        const [, mac] = (await getToken(server, 'scope=repository:b:pull')).token.split('.');
        const claims = { kind: 'access', scopes: [{ action: 'pull', repository: 'a' }], expires: 1e15 };
        return `${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${mac}`;
      },
    ],
    ['that is none', async () => 'abc'],
    ['that is empty', async () => '.'],
  ])('refuses a token %s', async (_, make) => {
    await using server = await startTemporary({ auth: { type: 'bearer', users } });
    const headers = bearer({ token: await make(server) });
    const answer = await send(server.url, 'GET', '/v2/a/tags/list', { headers });
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHORIZED']]);
  });

  test('grants a user what that user may do, and the anonymous nothing, or pulls', async () => {
    await using server = await startTemporary({
      auth: {
        type: 'bearer',
        users,
        anonymousPull: true,
        permit: (user, { action }) => user === 'alice' || action === 'pull',
      },
    });
    const bob = { authorization: `Basic ${Buffer.from('bob:b').toString('base64')}` };
    for (const headers of [bob, {} as typeof bob]) {
      const token = bearer(await getToken(server, 'scope=repository:a:pull,push', headers));
      expect((await send(server.url, 'GET', '/v2/a/tags/list', { headers: token })).status).toBe(404);
      expect((await send(server.url, 'POST', '/v2/a/blobs/uploads/', { headers: token })).status).toBe(401);
    }
  });
});
