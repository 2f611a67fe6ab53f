import { describe, expect, test } from '@jest/globals';
import { faults, makeImage, makeReferrer, pushImage, startProxy, withReferrers } from '../../src/index.ts';
import { startTinyRegistry } from './registry.ts';

describe('a proxy without a script', () => {
  test('passes an image through unchanged and counts its requests by kind', async () => {
    await using registry = await startTinyRegistry();
    await using proxy = await startProxy({ target: registry.url });
    const image = makeImage();
    await pushImage(proxy.url, 'team/app', 'v1', image);

    const answer = await fetch(`${proxy.url}/v2/team/app/manifests/v1`);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(image.manifests[0]?.bytes ?? ''));
    expect(answer.headers.get('content-type')).toBe(image.descriptor.mediaType);
    expect(answer.headers.get('docker-content-digest')).toBe(image.descriptor.digest);

    expect(proxy.count()).toBe(6);
    expect(proxy.count({ kind: 'upload' })).toBe(4);
    expect(proxy.count({ kind: 'manifest', method: 'PUT' })).toBe(1);
    expect(proxy.requests.at(-1)).toMatchObject({
      method: 'GET',
      path: '/v2/team/app/manifests/v1',
      kind: 'manifest',
      repository: 'team/app',
      reference: 'v1',
      status: 200,
      authorization: false,
      faults: [],
      responseBytes: image.descriptor.size,
    });
    expect(proxy.requests[1]).toMatchObject({ method: 'PUT', requestBytes: image.blobs[0]?.descriptor.size });
    proxy.forget();
    expect(proxy.count()).toBe(0);
  });

  test('lists referrers under the fallback tag where there is no referrers API', async () => {
    await using registry = await startTinyRegistry();
    const subject = makeImage();
    const types = ['application/vnd.example.one', 'application/vnd.example.two'];
    const annotations = { 'org.example': 'pulled up' };
    const referrers = types.map((type) => makeReferrer(subject, type, { annotations }));
    await pushImage(registry.url, 'a', 'v1', withReferrers(subject, ...referrers));
    const tag = subject.descriptor.digest.replace(':', '-');
    const list = JSON.parse(registry.contents.get(`/v2/a/manifests/${tag}`)?.bytes.toString() ?? '{}');
    expect(list.manifests).toMatchObject([
      { digest: referrers[0]?.descriptor.digest, artifactType: types[0], annotations },
      { digest: referrers[1]?.descriptor.digest, artifactType: types[1], annotations },
    ]);
  });

  test('rewrites absolute Locations, so that uploads stay with it', async () => {
    await using registry = await startTinyRegistry();
    await using proxy = await startProxy({ target: registry.url });
    const answer = await fetch(`${proxy.url}/v2/a/blobs/uploads/`, { method: 'POST' });
    expect(answer.headers.get('location')).toBe(`${proxy.url}/v2/a/blobs/uploads/1?_state=x`);
  });

  test('knows what each path of the distribution API is about', async () => {
    await using registry = await startTinyRegistry();
    await using proxy = await startProxy({ target: registry.url });
    const paths = [
      '',
      '_catalog',
      'a/tags/list?n=1',
      'a/b/referrers/sha256:0',
      'a/blobs/sha256:0',
      'a/blobs/uploads/7',
    ];
    for (const path of paths) await (await fetch(`${proxy.url}/v2/${path}`)).text();
    expect(proxy.requests.map(({ kind, repository }) => [kind, repository])).toEqual([
      ['ping', undefined],
      ['catalog', undefined],
      ['tags', 'a'],
      ['referrers', 'a/b'],
      ['blob', 'a'],
      ['upload', 'a'],
    ]);
  });

  test('passes credentials on and never records them', async () => {
    await using registry = await startTinyRegistry();
    await using proxy = await startProxy({ target: registry.url });
    await fetch(`${proxy.url}/v2/`, { headers: { authorization: 'Bearer secret-token' } });
    expect(registry.seen[0]?.authorization).toBe('Bearer secret-token');
    expect(proxy.requests[0]?.authorization).toBe(true);
    expect(JSON.stringify(proxy.requests)).not.toContain('secret-token');
  });

  test('answers 502 when there is no registry behind it', async () => {
    const registry = await startTinyRegistry();
    await registry[Symbol.asyncDispose]();
    await using proxy = await startProxy({ target: registry.url });
    expect((await fetch(`${proxy.url}/v2/`)).status).toBe(502);
  });

  test('tells how many requests and connections were open at once', async () => {
    await using registry = await startTinyRegistry();
    await using proxy = await startProxy({ target: registry.url, script: [faults.delay(100)] });
    await Promise.all([1, 2, 3].map(() => fetch(`${proxy.url}/v2/`).then((answer) => answer.text())));
    await (await fetch(`${proxy.url}/v2/`)).text();
    expect([proxy.peak, proxy.connections]).toEqual([3, 3]);
  });
});
