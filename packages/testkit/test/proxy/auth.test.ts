import { describe, expect, test } from '@jest/globals';
import { faults, startProxy } from '../../src/index.ts';
import { startTinyRegistry } from './registry.ts';

const users = { ann: 'right' };
const basic = (password: string) => ({ authorization: `Basic ${btoa(`ann:${password}`)}` });

describe('basic authentication', () => {
  test('lets right credentials through and keeps them from the registry', async () => {
    await using registry = await startTinyRegistry();
    await using proxy = await startProxy({ target: registry.url, auth: { type: 'basic', users } });
    const none = await fetch(`${proxy.url}/v2/`);
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="registry"']);
    expect((await fetch(`${proxy.url}/v2/`, { headers: basic('wrong') })).status).toBe(401);
    expect((await fetch(`${proxy.url}/v2/`, { headers: basic('right') })).status).toBe(200);
    expect(registry.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });
});

describe('bearer authentication', () => {
  type Auth = Parameters<typeof startProxy>[0]['auth'] & { type: 'bearer' };

  async function start(auth: Partial<Auth> = {}) {
    const registry = await startTinyRegistry();
    let now = 0;
    const proxy = await startProxy({
      target: registry.url,
      auth: { type: 'bearer', users, ...auth },
      now: () => now,
    });
    const token = async (query: string, headers: Record<string, string> = basic('right')) => {
      const answer = await fetch(`${proxy.url}/token?service=registry&${query}`, { headers });
      return { status: answer.status, body: (await answer.json()) as Record<string, string> };
    };
    const tags = (bearer: string | undefined, repository = 'a') =>
      fetch(`${proxy.url}/v2/${repository}/tags/list`, { headers: { authorization: `Bearer ${bearer}` } });
    const pass = (milliseconds: number) => {
      now += milliseconds;
    };
    const close = async () => {
      await proxy.close();
      await registry[Symbol.asyncDispose]();
    };
    return { proxy, token, tags, pass, [Symbol.asyncDispose]: close };
  }

  test('challenges with the scope that the request needs', async () => {
    await using it = await start();
    const pull = await fetch(`${it.proxy.url}/v2/team/a/manifests/v1`);
    expect(pull.headers.get('www-authenticate')).toBe(
      `Bearer realm="${it.proxy.url}/token",service="registry",scope="repository:team/a:pull"`,
    );
    const mount = await fetch(`${it.proxy.url}/v2/a/blobs/uploads/?mount=sha256:0&from=b`, {
      method: 'POST',
    });
    expect(mount.headers.get('www-authenticate')).toContain(
      'scope="repository:a:pull,push repository:b:pull"',
    );
  });

  test('a token opens its scopes and no other', async () => {
    await using it = await start();
    const { body } = await it.token('scope=repository:a:pull');
    expect((await it.tags(body.token)).status).toBe(200);
    const other = await it.tags(body.token, 'b');
    expect(other.status).toBe(401);
    expect(other.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(it.proxy.count({ kind: 'token' })).toBe(1);
  });

  test('one token may have several scopes, unless the service refuses that', async () => {
    await using it = await start();
    const { body } = await it.token('scope=repository:a:pull&scope=repository:b:pull,push');
    expect((await it.tags(body.token, 'b')).status).toBe(200);
    await using strict = await start({ singleScope: true });
    expect((await strict.token('scope=repository:a:pull&scope=repository:b:pull')).status).toBe(400);
  });

  test('tokens expire, and can be revoked', async () => {
    await using it = await start({ expiresInSeconds: 10 });
    const first = await it.token('scope=repository:a:pull');
    expect(first.body.expires_in).toBe(10);
    it.pass(9_999);
    expect((await it.tags(first.body.token)).status).toBe(200);
    it.pass(2);
    expect((await it.tags(first.body.token)).status).toBe(401);
    const second = await it.token('scope=repository:a:pull');
    it.proxy.revokeTokens();
    expect((await it.tags(second.body.token)).status).toBe(401);
  });

  test('what is not allowed is left out of a token, or refuses it as a whole', async () => {
    const allow = ({ repository }: { repository: string }) => repository === 'a';
    const scopes = 'scope=repository:a:pull&scope=repository:secret:pull';
    await using lenient = await start({ allow });
    const { body } = await lenient.token(scopes, {});
    expect((await lenient.tags(body.token)).status).toBe(200);
    expect((await lenient.tags(body.token, 'secret')).status).toBe(401);
    await using strict = await start({ allow, allOrNothing: true });
    expect((await strict.token(scopes)).status).toBe(403);
  });

  test('wrong credentials get no token', async () => {
    await using it = await start();
    expect((await it.token('scope=repository:a:pull', basic('wrong'))).status).toBe(401);
  });

  test('OAuth2 takes passwords and identity tokens, or is not there', async () => {
    const post = (url: string, parameters: Record<string, string>) =>
      fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(parameters) });
    await using it = await start({ identityTokens: { 'id-1': 'ann' }, tokenField: 'access_token' });
    const scope = 'repository:a:pull';
    const byPassword = { grant_type: 'password', username: 'ann', password: 'right', scope };
    for (const parameters of [byPassword, { grant_type: 'refresh_token', refresh_token: 'id-1', scope }]) {
      const body = (await (await post(it.proxy.url, parameters)).json()) as { access_token: string };
      expect((await it.tags(body.access_token)).status).toBe(200);
    }
    const wrong = await post(it.proxy.url, { grant_type: 'refresh_token', refresh_token: 'id-2', scope });
    expect(wrong.status).toBe(401);
    await using old = await start({ oauth: false });
    expect((await post(old.proxy.url, byPassword)).status).toBe(404);
  });

  test('a scripted 401 carries the challenge', async () => {
    await using it = await start();
    const { body } = await it.token('scope=repository:a:pull');
    it.proxy.play(faults.unauthorizedOnce({ kind: 'tags' }));
    expect((await it.tags(body.token)).headers.get('www-authenticate')).toContain('repository:a:pull');
    expect((await it.tags(body.token)).status).toBe(200);
  });
});
