import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Descriptor, mediaTypes } from '@lading/oci';
import { makeImage, makeReferrer, pushImage, type TestImage, withReferrers } from '@lading/testkit';
import type { RegistryServer } from '../../src/index.ts';
import { layoutOf } from '../../src/storage/layout.ts';
import { pushBlob, send, startTemporary } from '../support.ts';

const image = makeImage();

describe('tags', () => {
  test('10,000 of them are listed in order, by any page size, following Link', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'first', image);
    const paths = layoutOf(server.directory).repository('acme/app');
    const tags = Array.from({ length: 10_000 }, (_, n) => `v${n}`);
    for (const tag of tags) await writeFile(paths.tag(tag), JSON.stringify(image.descriptor));
    const sorted = ['first', ...tags].sort();
    expect(await followTags(server, '')).toEqual({ tags: sorted, pages: 2 });
    expect(await followTags(server, '?n=1000')).toEqual({ tags: sorted, pages: 11 });
    expect((await send(server.url, 'HEAD', '/v2/acme/app/manifests/v9999')).status).toBe(200);
  });

  test('of a repository that does not exist: NAME_UNKNOWN; of one with blobs alone: none', async () => {
    await using server = await startTemporary();
    await pushBlob(server.url, 'acme/app', 'content');
    for (const name of ['acme/none', 'acme']) {
      const unknown = await send(server.url, 'GET', `/v2/${name}/tags/list`);
      expect([unknown.status, unknown.codes]).toEqual([404, ['NAME_UNKNOWN']]);
    }
    expect((await send(server.url, 'GET', '/v2/acme/app/tags/list')).json).toEqual({
      name: 'acme/app',
      tags: [],
    });
  });

  test('n that is no number is refused', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'v1', image);
    expect((await send(server.url, 'GET', '/v2/acme/app/tags/list?n=x')).status).toBe(400);
  });
});

test('the catalog lists repositories inside of others, in order, by pages', async () => {
  await using server = await startTemporary();
  for (const name of ['b/c', 'a', 'b', 'b/c/d']) await pushBlob(server.url, name, 'content');
  const first = await send(server.url, 'GET', '/v2/_catalog?n=3');
  expect(first.json).toEqual({ repositories: ['a', 'b', 'b/c'] });
  const next = /^<([^>]*)>; rel="next"$/.exec(String(first.headers.link))?.[1] ?? '';
  expect((await send(server.url, 'GET', next)).json).toEqual({ repositories: ['b/c/d'] });
});

describe('case 60: referrers', () => {
  const sbom = makeReferrer(image, 'application/vnd.example.sbom', { annotations: { created: 'today' } });
  const signatures = Array.from({ length: 40 }, (_, n) =>
    makeReferrer(image, 'application/vnd.example.signature', { annotations: { n: String(n) } }),
  );

  test('are listed with type and annotations, for a subject that is there or not', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'v1', withReferrers(image, sbom));
    const answer = await send(server.url, 'GET', `/v2/acme/app/referrers/${image.descriptor.digest}`);
    expect(answer.headers['content-type']).toBe(mediaTypes.ociIndex);
    expect(answer.headers).not.toHaveProperty('oci-filters-applied');
    const { mediaType, digest, size } = sbom.descriptor;
    expect(answer.json).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        {
          mediaType,
          digest,
          size,
          artifactType: 'application/vnd.example.sbom',
          annotations: { created: 'today' },
        },
      ],
    });
    const none = await send(server.url, 'GET', `/v2/acme/none/referrers/${image.descriptor.digest}`);
    expect([none.status, (none.json as { manifests: unknown }).manifests]).toEqual([200, []]);
    expect((await send(server.url, 'GET', '/v2/acme/app/referrers/sha256:abc')).codes).toEqual([
      'DIGEST_INVALID',
    ]);
  });

  test('case 56: of a sha512 subject, themselves by sha512, have the digests that they were pushed by', async () => {
    await using server = await startTemporary();
    const subject = makeImage({ algorithm: 'sha512' });
    const referrer = makeReferrer(subject, 'application/vnd.example.sbom', { algorithm: 'sha512' });
    await pushImage(server.url, 'acme/app', 'v1', withReferrers(subject, referrer));
    expect(await followReferrers(server, subject, '')).toMatchObject({
      digests: [referrer.descriptor.digest],
    });
  });

  test('come in pages, which the filter by type goes through as well', async () => {
    await using server = await startTemporary({ maxReferrersBytes: 2000 });
    await pushImage(server.url, 'acme/app', 'v1', withReferrers(image, sbom, ...signatures));
    const all = await followReferrers(server, image, '');
    expect(all.digests.toSorted()).toEqual([sbom, ...signatures].map(digestOfImage).sort());
    expect(all.pages).toBeGreaterThan(3);
    const filtered = await followReferrers(server, image, '?artifactType=application/vnd.example.signature');
    expect(filtered.digests.toSorted()).toEqual(signatures.map(digestOfImage).sort());
    expect(filtered.filters).toEqual(new Set(['artifactType']));
  });

  test('are gone from the list when they are deleted', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'v1', withReferrers(image, sbom, signatures[0]!));
    await send(server.url, 'DELETE', `/v2/acme/app/manifests/${sbom.descriptor.digest}`);
    expect((await followReferrers(server, image, '')).digests).toEqual([signatures[0]!.descriptor.digest]);
  });

  test('that a crash has left in the list without a manifest are not shown', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'v1', image);
    const path = layoutOf(server.directory)
      .repository('acme/app')
      .referrer(image.descriptor.digest, sbom.descriptor.digest);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, JSON.stringify(sbom.descriptor));
    expect((await followReferrers(server, image, '')).digests).toEqual([]);
  });
});

function digestOfImage(one: TestImage): string {
  return one.descriptor.digest;
}

async function followTags(server: RegistryServer, query: string): Promise<{ tags: string[]; pages: number }> {
  const tags: string[] = [];
  let pages = 0;
  for (let path: string | undefined = `/v2/acme/app/tags/list${query}`; path !== undefined; pages++) {
    const answer = await send(server.url, 'GET', path);
    tags.push(...(answer.json as { tags: string[] }).tags);
    path = /^<([^>]*)>; rel="next"$/.exec(String(answer.headers.link))?.[1];
  }
  return { tags, pages };
}

async function followReferrers(
  server: RegistryServer,
  subject: TestImage,
  query: string,
): Promise<{ digests: string[]; pages: number; filters: Set<unknown> }> {
  const digests: string[] = [];
  const filters = new Set<unknown>();
  let pages = 0;
  let path: string | undefined = `/v2/acme/app/referrers/${subject.descriptor.digest}${query}`;
  for (; path !== undefined; pages++) {
    const answer = await send(server.url, 'GET', path);
    digests.push(...(answer.json as { manifests: Descriptor[] }).manifests.map(({ digest }) => digest));
    filters.add(answer.headers['oci-filters-applied']);
    path = /^<([^>]*)>; rel="next"$/.exec(String(answer.headers.link))?.[1];
  }
  return { digests, pages, filters };
}
