import { describe, expect, test } from '@jest/globals';
import { pushBlob, send, startTemporary } from '../support.ts';

const users = { alice: 'pässword: with colon', bob: 'b' };

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

const alice = basic('alice', users.alice);

describe('a registry with basic authentication', () => {
  test('asks for credentials, and takes the right ones', async () => {
    await using server = await startTemporary({ auth: { type: 'basic', users } });
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/v2/acme/app/tags/list'],
      ['GET', '/v2/_catalog'],
      ['POST', '/v2/acme/app/blobs/uploads/'],
    ] as const) {
      const refused = await send(server.url, method, path);
      expect([refused.status, refused.codes]).toEqual([401, ['UNAUTHORIZED']]);
      expect(refused.headers['www-authenticate']).toBe('Basic realm="registry"');
    }
    expect((await send(server.url, 'GET', '/v2/', { headers: alice })).status).toBe(200);
    const begun = await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/', { headers: alice });
    expect(begun.status).toBe(202);
  });

  test.each([
    ['another password', basic('alice', 'b')],
    ['nobody', basic('carol', '')],
    ['the name of something that objects have', basic('constructor', '')],
    ['no colon', { authorization: 'Basic YWxpY2U=' }],
    ['another scheme', { authorization: 'Bearer abc' }],
    ['nothing', { authorization: '' }],
  ])('refuses %s', async (_, headers) => {
    await using server = await startTemporary({ auth: { type: 'basic', users, anonymousPull: true } });
    expect((await send(server.url, 'GET', '/v2/', { headers })).status).toBe(401);
  });

  test('lets everybody pull and nothing else when told to', async () => {
    await using server = await startTemporary({ auth: { type: 'basic', users, anonymousPull: true } });
    expect((await send(server.url, 'GET', '/v2/acme/app/tags/list')).codes).toEqual(['NAME_UNKNOWN']);
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/v2/_catalog'],
      ['POST', '/v2/acme/app/blobs/uploads/'],
      ['DELETE', '/v2/acme/app/manifests/v1'],
    ] as const) {
      expect((await send(server.url, method, path)).status).toBe(401);
    }
  });

  test('tells a user what is denied to that user, also the source of a mount', async () => {
    await using server = await startTemporary({
      auth: {
        type: 'basic',
        users,
        permit: (user, { repository }) => user === 'alice' || repository?.startsWith('bob/') === true,
      },
    });
    const bob = basic('bob', users.bob);
    const denied = await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/', { headers: bob });
    expect([denied.status, denied.codes]).toEqual([403, ['DENIED']]);

    const digest = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const upload = `/v2/acme/app/blobs/uploads/?digest=${digest}`;
    expect((await send(server.url, 'POST', upload, { headers: alice, body: 'abc' })).status).toBe(201);
    for (const from of ['&from=acme/app', '']) {
      const path = `/v2/bob/app/blobs/uploads/?mount=${digest}${from}`;
      expect((await send(server.url, 'POST', path, { headers: bob })).status).toBe(202);
      expect((await send(server.url, 'POST', path, { headers: alice })).status).toBe(201);
      await send(server.url, 'DELETE', `/v2/bob/app/blobs/${digest}`, { headers: alice });
    }
  });

  test('never says a password: not in answers, not in what is logged', async () => {
    const records: unknown[] = [];
    const auth = { type: 'basic' as const, users };
    await using server = await startTemporary({ auth, onRequest: (record) => records.push(record) });
    const answers = [
      await send(server.url, 'GET', '/v2/', { headers: alice }),
      await send(server.url, 'GET', '/v2/', { headers: basic('alice', 'wrong') }),
    ];
    const said = JSON.stringify([
      records,
      answers.map(({ headers, body }) => [headers, body.toString()]),
      server,
    ]);
    expect(records.length).toBe(2);
    expect(said).not.toContain(users.alice);
    expect(said).not.toContain(alice.authorization?.slice(6));
  });
});

test('without authentication credentials are not looked at', async () => {
  await using server = await startTemporary();
  const digest = await pushBlob(server.url, 'acme/app', 'content');
  const answer = await send(server.url, 'GET', `/v2/acme/app/blobs/${digest}`, { headers: basic('x', 'y') });
  expect(answer.status).toBe(200);
});
