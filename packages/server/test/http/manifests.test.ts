import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { digestOf, mediaTypes, referrersTag } from '@lading/oci';
import {
  conformanceImages,
  makeArtifact,
  makeImage,
  makeIndex,
  makeReferrer,
  pushImage,
  type TestImage,
} from '@lading/testkit';
import type { RegistryServer } from '../../src/index.ts';
import { layoutOf } from '../../src/storage/layout.ts';
import { type Answer, type SendOptions, send, startTemporary } from '../support.ts';

const image = makeImage();
const root = image.manifests.at(-1)!;
const { digest } = image.descriptor;

/** Puts an image's root manifest. */
function put(
  server: RegistryServer,
  reference: string,
  options: SendOptions & { readonly of?: TestImage } = {},
): Promise<Answer> {
  const { bytes, descriptor } = (options.of ?? image).manifests.at(-1)!;
  const headers = { 'content-type': descriptor.mediaType, ...options.headers };
  return send(server.url, 'PUT', `/v2/acme/app/manifests/${reference}`, { body: bytes, headers });
}

describe('every kind of image', () => {
  for (const [kind, made] of conformanceImages()) {
    test(`comes back byte for byte: ${kind}`, async () => {
      await using server = await startTemporary({ sparse: kind === 'sparse' });
      await pushImage(server.url, 'acme/app', 'v1', made);
      for (const { bytes, descriptor } of made.manifests) {
        const answer = await send(server.url, 'GET', `/v2/acme/app/manifests/${descriptor.digest}`);
        expect(answer.body.equals(bytes)).toBe(true);
        expect(answer.headers).toMatchObject({
          'content-type': descriptor.mediaType,
          'content-length': String(descriptor.size),
          'docker-content-digest': descriptor.digest,
        });
      }
      const head = await send(server.url, 'HEAD', '/v2/acme/app/manifests/v1');
      expect(head.headers).toMatchObject({
        'content-type': made.descriptor.mediaType,
        'content-length': String(made.descriptor.size),
        'docker-content-digest': made.descriptor.digest,
      });
    });
  }
});

describe('case 41: a manifest that names what is not there', () => {
  test('is refused with the digests, an index before its children as well', async () => {
    await using server = await startTemporary();
    const refused = await put(server, 'v1');
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      errors: image.blobs.map((blob) => ({
        code: 'MANIFEST_BLOB_UNKNOWN',
        detail: { digest: blob.descriptor.digest },
      })),
    });
    expect((await put(server, 'v1', { of: makeIndex([image]) })).codes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect((await send(server.url, 'GET', '/v2/acme/app/manifests/v1')).codes).toEqual(['MANIFEST_UNKNOWN']);
  });

  test('is taken where sparse images are allowed', async () => {
    await using server = await startTemporary({ sparse: true });
    expect((await put(server, 'v1')).status).toBe(201);
  });

  test('is refused when only another repository has it', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/other', 'v1', image);
    expect((await put(server, 'v1')).codes).toContain('MANIFEST_BLOB_UNKNOWN');
  });
});

describe('a manifest is refused', () => {
  test('when it is not what its digest says, or the digest is none', async () => {
    await using server = await startTemporary({ sparse: true });
    for (const wrong of [digestOf(Buffer.from('x')), 'sha256:abc', 'md5:abc']) {
      const answer = await put(server, wrong);
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    }
  });

  test.each([
    ['no JSON', 'text', mediaTypes.ociManifest],
    ['another type than the header says', root.bytes, mediaTypes.ociIndex],
    [
      'a digest that is none',
      '{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"x","size":1}}',
      mediaTypes.ociManifest,
    ],
    ['Docker schema 1', '{"schemaVersion":1}', mediaTypes.dockerSchema1],
  ])('when it is %s', async (_, body, type) => {
    await using server = await startTemporary({ sparse: true });
    const headers = { 'content-type': type };
    const answer = await send(server.url, 'PUT', '/v2/acme/app/manifests/v1', { body, headers });
    expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_INVALID']]);
  });

  test.each(['-a', '.a', 'a b', 'a'.repeat(129)])('when its tag is %p', async (tag) => {
    await using server = await startTemporary({ sparse: true });
    const answer = await put(server, encodeURIComponent(tag));
    expect([answer.status, answer.codes]).toEqual([400, ['NAME_INVALID']]);
  });

  test.each(['Acme/app', 'acme/../app', 'a//b', '_blobs', `${'a'.repeat(256)}`])(
    'when its repository is %p',
    async (name) => {
      await using server = await startTemporary({ sparse: true });
      const path = `/v2/${encodeURIComponent(name)}/manifests/v1`;
      const answer = await send(server.url, 'PUT', path, { body: root.bytes });
      expect([answer.status, answer.codes]).toEqual([400, ['NAME_INVALID']]);
    },
  );

  test('case 37: when it is over 4 MiB; one of 4 MiB is taken', async () => {
    await using server = await startTemporary({ sparse: true });
    const limit = 4 * 1024 * 1024;
    const sized = (size: number): Buffer => {
      const document = { ...(JSON.parse(root.bytes.toString()) as object), padding: '' };
      const plain = JSON.stringify(document).length;
      return Buffer.from(JSON.stringify({ ...document, padding: 'x'.repeat(size - plain) }));
    };
    const headers = { 'content-type': root.descriptor.mediaType };
    const path = '/v2/acme/app/manifests/v1';
    expect((await send(server.url, 'PUT', path, { body: sized(limit), headers })).status).toBe(201);
    const refused = await send(server.url, 'PUT', path, { body: sized(limit + 1), headers });
    expect([refused.status, refused.codes]).toEqual([413, ['SIZE_INVALID']]);
    expect((await send(server.url, 'HEAD', path)).headers['content-length']).toBe(String(limit));
  });
});

describe('a tag', () => {
  test('moves to what was pushed last, and the manifest before stays by its digest', async () => {
    await using server = await startTemporary();
    const next = makeImage({ annotations: { n: '2' } });
    await pushImage(server.url, 'acme/app', 'v1', image);
    await pushImage(server.url, 'acme/app', 'v1', next);
    const { headers } = await send(server.url, 'HEAD', '/v2/acme/app/manifests/v1');
    expect(headers['docker-content-digest']).toBe(next.descriptor.digest);
    expect((await send(server.url, 'HEAD', `/v2/acme/app/manifests/${digest}`)).status).toBe(200);
  });

  test('is one whole manifest at every moment while many write it', async () => {
    await using server = await startTemporary({ sparse: true });
    const images = Array.from({ length: 20 }, (_, n) => makeImage({ annotations: { n: String(n) } }));
    await put(server, 'v1');
    let writing = true;
    const writers = Promise.all(images.map((of) => put(server, 'v1', { of }))).finally(() => {
      writing = false;
    });
    for (let reads = 0; writing || reads === 0; reads++) {
      const { body, headers, status } = await send(server.url, 'GET', '/v2/acme/app/manifests/v1');
      expect([status, digestOf(body)]).toEqual([200, headers['docker-content-digest']]);
    }
    expect((await writers).every(({ status }) => status === 201)).toBe(true);
    const { headers } = await send(server.url, 'HEAD', '/v2/acme/app/manifests/v1');
    expect(images.map((one) => one.descriptor.digest)).toContain(headers['docker-content-digest']);
  });

  test('can be given by query to a manifest that is pushed by digest, several at once', async () => {
    await using server = await startTemporary({ sparse: true });
    const answer = await put(server, `${digest}?tag=1.2.3&tag=1.2&tag=latest`);
    expect([answer.status, answer.headers['oci-tag']]).toEqual([201, '1.2.3, 1.2, latest']);
    for (const tag of ['1.2.3', '1.2', 'latest']) {
      const { headers } = await send(server.url, 'HEAD', `/v2/acme/app/manifests/${tag}`);
      expect(headers['docker-content-digest']).toBe(digest);
    }
    const many = Array.from({ length: 101 }, (_, n) => `tag=t${n}`).join('&');
    expect((await put(server, `${digest}?${many}`)).status).toBe(414);
    expect((await put(server, `${digest}?tag=.wrong`)).codes).toEqual(['NAME_INVALID']);
  });

  test('can be deleted alone; deleting the manifest takes all its tags', async () => {
    await using server = await startTemporary({ sparse: true });
    const tags = Array.from({ length: 40 }, (_, n) => `tag=t${n}`).join('&');
    await put(server, `${digest}?tag=a&${tags}`);
    await put(server, 'other', { of: makeImage({ annotations: { n: '2' } }) });
    const del = (reference: string): Promise<Answer> =>
      send(server.url, 'DELETE', `/v2/acme/app/manifests/${reference}`);
    expect((await del('a')).status).toBe(202);
    expect((await del('a')).codes).toEqual(['MANIFEST_UNKNOWN']);
    expect((await send(server.url, 'HEAD', `/v2/acme/app/manifests/${digest}`)).status).toBe(200);
    expect((await del(digest)).status).toBe(202);
    expect((await del(digest)).status).toBe(404);
    expect((await send(server.url, 'GET', '/v2/acme/app/tags/list')).json).toEqual({
      name: 'acme/app',
      tags: ['other'],
    });
  });
});

describe('conditional writes', () => {
  test('If-Match lets a tag move only from what the writer has seen', async () => {
    await using server = await startTemporary({ sparse: true });
    const next = makeImage({ annotations: { n: '2' } });
    expect((await put(server, 'v1', { headers: { 'if-match': '*' } })).status).toBe(412);
    await put(server, 'v1');
    const { etag = '' } = (await send(server.url, 'GET', '/v2/acme/app/manifests/v1')).headers;
    expect((await put(server, 'v1', { of: next, headers: { 'if-match': etag } })).status).toBe(201);
    const late = await put(server, 'v1', { headers: { 'if-match': etag } });
    expect([late.status, late.codes]).toEqual([412, ['PRECONDITION_FAILED']]);
    const { headers } = await send(server.url, 'HEAD', '/v2/acme/app/manifests/v1');
    expect(headers['docker-content-digest']).toBe(next.descriptor.digest);
  });

  test('If-None-Match: * lets a tag only be made', async () => {
    await using server = await startTemporary({ sparse: true });
    const headers = { 'if-none-match': '*' };
    expect((await put(server, 'v1', { headers })).status).toBe(201);
    expect((await put(server, 'v1', { headers })).status).toBe(412);
  });

  test('of ten writers that have seen the same, one gets through', async () => {
    await using server = await startTemporary({ sparse: true });
    await put(server, 'v1');
    const headers = { 'if-match': `"${digest}"` };
    const images = Array.from({ length: 10 }, (_, n) => makeImage({ annotations: { n: String(n) } }));
    const answers = await Promise.all(images.map((of) => put(server, 'v1', { of, headers })));
    expect(answers.filter(({ status }) => status === 201).length).toBe(1);
    expect(answers.filter(({ status }) => status === 412).length).toBe(9);
  });

  test('a reader that has the manifest is told 304', async () => {
    await using server = await startTemporary({ sparse: true });
    await put(server, 'v1');
    const headers = { 'if-none-match': `"other", "${digest}"` };
    for (const method of ['GET', 'HEAD']) {
      expect((await send(server.url, method, '/v2/acme/app/manifests/v1', { headers })).status).toBe(304);
    }
  });
});

describe('case 61: a manifest with a subject', () => {
  test('is answered with OCI-Subject, though the subject is missing', async () => {
    await using server = await startTemporary({ sparse: true });
    const referrer = makeReferrer(image, 'application/vnd.example.sbom');
    const answer = await put(server, referrer.descriptor.digest, { of: referrer });
    expect([answer.status, answer.headers['oci-subject']]).toEqual([201, digest]);
    expect(
      (await put(server, 'plain', { of: makeArtifact('application/vnd.example') })).headers,
    ).not.toHaveProperty('oci-subject');
  });

  test('leaves the fallback tag alone, which is a tag like any other here', async () => {
    await using server = await startTemporary({ sparse: true });
    expect((await put(server, referrersTag(digest), { of: makeIndex([]) })).status).toBe(201);
  });
});

test('content that rotted on the disk is healed by pushing it again', async () => {
  await using server = await startTemporary();
  await pushImage(server.url, 'acme/app', 'v1', image);
  for (const { bytes, descriptor } of [image.blobs.at(-1)!, root]) {
    const file = layoutOf(server.directory).content(descriptor.digest);
    await writeFile(file, 'rotten');
    await pushImage(server.url, 'acme/app', 'v1', image);
    expect((await readFile(file)).equals(bytes)).toBe(true);
  }
});
