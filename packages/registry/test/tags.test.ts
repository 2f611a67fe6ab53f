import { describe, expect, test } from '@jest/globals';
import { errorBody, fakeServer, type ScriptedAnswer, testRegistry } from './fake-registry.ts';

async function collect(list: AsyncIterable<string>): Promise<string[]> {
  const items: string[] = [];
  for await (const item of list) items.push(item);
  return items;
}

const page = (tags: unknown, link?: string): ScriptedAnswer => ({
  status: 200,
  headers: {
    'content-type': 'application/json',
    ...(link !== undefined && { link: `<${link}>; rel="next"` }),
  },
  body: JSON.stringify({ name: 'a', tags }),
});

describe('tags', () => {
  test.each([
    ['relative', (_: string) => '/v2/a/tags/list?last=b'],
    ['relative to the page', (_: string) => '?next_page=gAAA%3D'],
    ['absolute', (host: string) => `http://${host}/v2/a/tags/list?n=2&last=b`],
  ])('case 27: %s links are followed', async (_, link) => {
    await using server = await fakeServer(({ path, headers }) =>
      path.endsWith('n=1000') ? page(['a', 'b'], link(headers.host!)) : page(['c']),
    );
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).resolves.toEqual(['a', 'b', 'c']);
    expect(server.seen).toHaveLength(2);
  });

  test('case 27: a short or empty page is not the end', async () => {
    await using server = await fakeServer(({ path }) =>
      path.endsWith('n=1000') ? page([], '?last=1') : page(['z']),
    );
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).resolves.toEqual(['z']);
  });

  test('case 27: a cursor that comes again ends the list', async () => {
    await using server = await fakeServer(() => page(['a'], '/v2/a/tags/list?last=a'));
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).resolves.toEqual(['a', 'a']);
  });

  test('case 27: a link to another host is refused', async () => {
    await using server = await fakeServer(() => page(['a'], 'http://127.0.0.1:1/v2/a/tags/list'));
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).rejects.toMatchObject({
      code: 'ERR_LADING_URL_POLICY',
    });
  });

  test('case 5: what is no tag is left out', async () => {
    await using server = await fakeServer(() =>
      page(['v1', null, '', `sha256:${'0'.repeat(64)}`, 5, 'v2', 'x'.repeat(129)]),
    );
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).resolves.toEqual(['v1', 'v2']);
  });

  test('case 5: tags: null is an empty list', async () => {
    await using server = await fakeServer(() => page(null));
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).resolves.toEqual([]);
  });

  test('case 6: a web page is no list', async () => {
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>',
    }));
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).rejects.toMatchObject({
      code: 'ERR_LADING_REGISTRY',
    });
  });

  test('pages are read only as they are wanted', async () => {
    let count = 0;
    await using server = await fakeServer(() => page([`t${count}`], `?last=${++count}`));
    await using registry = testRegistry();
    for await (const tag of registry.repository(`${server.host}/a`).tags()) if (tag === 't2') break;
    expect(count).toBe(3);
  });

  test('a repository that is not there is an error', async () => {
    await using server = await fakeServer(() => ({ status: 404, body: errorBody('NAME_UNKNOWN') }));
    await using registry = testRegistry();
    await expect(collect(registry.repository(`${server.host}/a`).tags())).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
    });
  });
});

describe('an empty repository', () => {
  test.each<[string, ScriptedAnswer, boolean]>([
    ['NAME_UNKNOWN', { status: 404, body: errorBody('NAME_UNKNOWN') }, true],
    ['a bare 404', { status: 404 }, false],
    ['a list', page(['v1']), false],
    ['an empty list', page(null), false],
    ['401', { status: 401 }, false],
    ['405', { status: 405 }, false],
  ])('%s', async (_, answer, empty) => {
    await using server = await fakeServer(() => answer);
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).isEmpty()).resolves.toBe(empty);
    expect(server.lines()[0]).toBe('GET /v2/a/tags/list?n=1');
  });
});

describe('the registry itself', () => {
  test('lists its repositories', async () => {
    await using server = await fakeServer(({ path, headers }) => {
      if (path.startsWith('/token')) return { status: 200, body: '{"token":"good"}' };
      if (headers.authorization === undefined)
        return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
      return path.endsWith('n=1000')
        ? {
            status: 200,
            headers: { link: '</v2/_catalog?last=b>; rel="next"' },
            body: '{"repositories":["a","b"]}',
          }
        : { status: 200, body: '{"repositories":["c/d","NOT A NAME"]}' };
    });
    await using registry = testRegistry();
    await expect(collect(registry.catalog(server.host))).resolves.toEqual(['a', 'b', 'c/d']);
    expect(server.lines()[1]).toBe('GET /token?scope=registry%3Acatalog%3A*');
  });

  test('says whether it lets us in', async () => {
    await using open = await fakeServer(() => ({ status: 200, body: '{}' }));
    await using closed = await fakeServer(() => ({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="x"' },
    }));
    await using registry = testRegistry();
    await expect(registry.ping(open.host)).resolves.toBeUndefined();
    await expect(registry.ping(closed.host)).rejects.toMatchObject({ code: 'ERR_LADING_UNAUTHORIZED' });
  });

  test('what cannot be a host is told when it is opened, and spoils no expectation of others', async () => {
    await using registry = testRegistry();
    const name = '10.0.0.256/a';
    registry.expect([
      { repository: name, actions: ['pull'] },
      { repository: 'ghcr.io/acme/a', actions: ['pull'] },
    ]);
    expect(() => registry.repository(name)).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_REFERENCE',
        message: '10.0.0.256 cannot be the address of a host',
      }),
    );
  });

  test('a name with a tag is no repository', async () => {
    await using registry = testRegistry();
    expect(() => registry.repository('alpine:3.17')).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_REFERENCE' }),
    );
    expect(registry.repository('alpine')).toMatchObject({
      name: 'docker.io/library/alpine',
      mount: { host: 'docker.io', repository: 'library/alpine' },
    });
  });
});
