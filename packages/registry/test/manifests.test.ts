import { describe, expect, test } from '@jest/globals';
import { digestOf, mediaTypes } from '@lading/oci';
import { bytesSource } from '@lading/store';
import {
  blobOf,
  bytesOf,
  errorBody,
  type FakeServer,
  fakeServer,
  manifestOf,
  serveManifest,
  testRegistry,
} from './fake-registry.ts';

const manifest = manifestOf();
const json = { 'content-type': 'application/json', 'content-length': '99' };

describe('resolving', () => {
  test('costs one HEAD', async () => {
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).resolve('v1')).resolves.toEqual(manifest);
    expect(server.lines()).toEqual(['HEAD /v2/a/manifests/v1']);
  });

  test('case 28: every manifest type is accepted, in one header', async () => {
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).resolve('v1');
    for (const type of [
      mediaTypes.ociIndex,
      mediaTypes.ociManifest,
      mediaTypes.dockerList,
      mediaTypes.dockerManifest,
    ]) {
      expect(server.seen[0]!.headers.accept).toContain(type);
    }
  });

  test('case 29: a HEAD without a digest is followed by a GET whose bytes are hashed', async () => {
    await using server = await fakeServer(() => {
      const { 'docker-content-digest': _, ...headers } = serveManifest(manifest).headers!;
      return { ...serveManifest(manifest), headers };
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).resolve('v1')).resolves.toEqual(manifest);
    expect(server.lines()).toEqual(['HEAD /v2/a/manifests/v1', 'GET /v2/a/manifests/v1']);
  });

  test('case 29: a digest that was asked for needs no header', async () => {
    await using server = await fakeServer(() => {
      const { 'docker-content-digest': _, ...headers } = serveManifest(manifest).headers!;
      return { ...serveManifest(manifest), headers };
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).resolve(manifest.digest)).resolves.toEqual(manifest);
    expect(server.seen).toHaveLength(1);
  });

  test.each([404, 405, 403, 400])('case 30: HEAD answered with %d, GET with the manifest', async (status) => {
    await using server = await fakeServer(({ method }) =>
      method === 'HEAD' ? { status } : serveManifest(manifest),
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.resolve('v1')).resolves.toEqual(manifest);
    await expect(repository.resolve('v2')).resolves.toEqual(manifest);
    // Once caught lying, HEAD is not asked again.
    expect(server.lines()).toEqual([
      'HEAD /v2/a/manifests/v1',
      'GET /v2/a/manifests/v1',
      'GET /v2/a/manifests/v2',
    ]);
  });

  test('case 30: a registry’s own 404 to HEAD is believed', async () => {
    await using server = await fakeServer(() => ({ status: 404, headers: json }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
      message: `${server.host} has no a:v1`,
    });
    expect(server.seen).toHaveLength(1);
  });

  test('case 30: 403 for an absent tag turns out as absent', async () => {
    await using server = await fakeServer(({ method }) =>
      method === 'HEAD' ? { status: 403 } : { status: 404, body: errorBody('MANIFEST_UNKNOWN') },
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
    });
    await expect(repository.exists(manifest)).resolves.toBe(false);
  });

  test('case 31: the length in HEAD is a hint, the body decides', async () => {
    await using server = await fakeServer(({ method }) =>
      method === 'HEAD'
        ? {
            ...serveManifest(manifest),
            headers: { ...serveManifest(manifest).headers, 'content-length': '17' },
          }
        : serveManifest(manifest),
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    const told = await repository.resolve('v1');
    expect(told.size).toBe(17);
    await expect(bytesOf(await repository.fetch(told))).resolves.toEqual(manifest.bytes);
    expect((await repository.load('v1')).descriptor.size).toBe(manifest.size);
    await expect(repository.fetch({ ...manifest, size: 17 })).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
  });

  test('case 48: a compressed answer to HEAD is not trusted, and plain bytes are asked for', async () => {
    await using server = await fakeServer(({ method }) =>
      method === 'HEAD'
        ? {
            ...serveManifest(manifest),
            headers: {
              ...serveManifest(manifest).headers,
              'content-encoding': 'gzip',
              'content-length': '17',
            },
          }
        : serveManifest(manifest),
    );
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).resolve('v1')).resolves.toEqual(manifest);
    expect(server.seen.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity']);
  });
});

describe('loading', () => {
  test('case 35: the bytes are kept as they came', async () => {
    const odd = Buffer.from(
      '{ "layers":[],\n"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"mediaType":"application/vnd.oci.image.config.v1+json"},"zz":1,"schemaVersion":2}\n',
    );
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': mediaTypes.ociManifest },
      body: odd,
    }));
    await using registry = testRegistry();
    const { bytes, descriptor } = await registry.repository(`${server.host}/a`).load('v1');
    expect(Buffer.from(bytes)).toEqual(odd);
    expect(descriptor).toEqual({
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(odd),
      size: odd.byteLength,
    });
  });

  test.each([
    'application/json',
    'text/plain; charset=utf-8',
    `${mediaTypes.ociManifest}; charset=utf-8`,
    'application/octet-stream',
  ])('case 32: served as %s, the body’s own media type counts', async (type) => {
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': type },
      body: manifest.bytes,
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).resolves.toMatchObject({
      descriptor: { mediaType: mediaTypes.ociManifest },
    });
  });

  test('case 32: a header that contradicts the body is an error', async () => {
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': mediaTypes.ociIndex },
      body: manifest.bytes,
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_MANIFEST',
    });
  });

  test('case 33: a manifest without a media type is known by its shape', async () => {
    const bare = blobOf(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: bare.bytes,
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).resolves.toMatchObject({
      descriptor: { mediaType: mediaTypes.ociIndex },
    });
  });

  test('case 34: other bytes than were asked for are refused', async () => {
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry();
    const other = manifestOf({ annotations: { a: 'b' } });
    await expect(registry.repository(`${server.host}/a`).load(other.digest)).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
  });

  test('case 34: a digest header of another algorithm is left aside', async () => {
    await using server = await fakeServer(() => ({
      ...serveManifest(manifest),
      headers: { 'content-type': manifest.mediaType, 'docker-content-digest': `sha512:${'0'.repeat(128)}` },
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load(manifest.digest)).resolves.toMatchObject({
      descriptor: { digest: manifest.digest },
    });
  });

  test('case 6: a web page instead of a manifest is called one', async () => {
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<html>',
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_REGISTRY',
      message: expect.stringContaining('web page'),
    });
  });

  test('case 38: schema 1 is refused in plain words', async () => {
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-type': mediaTypes.dockerSchema1Signed },
      body: '{"schemaVersion":1}',
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_MANIFEST',
      message: expect.stringContaining('schema 1'),
    });
  });

  test('case 38: a child of an unknown type is looked for among the blobs, then among the manifests', async () => {
    const child = blobOf(
      '{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}',
      'application/vnd.oci.artifact.manifest.v1+json',
    );
    await using server = await fakeServer(({ path }) =>
      path.includes('/manifests/') ? { status: 200, body: child.bytes } : { status: 404 },
    );
    await using registry = testRegistry();
    await expect(bytesOf(await registry.repository(`${server.host}/a`).fetch(child))).resolves.toEqual(
      child.bytes,
    );
    expect(server.lines()).toEqual([
      `GET /v2/a/blobs/${child.digest}`,
      `GET /v2/a/manifests/${child.digest}`,
    ]);
  });

  test('case 39: content in the descriptor needs no request, unless it is wrong', async () => {
    const blob = blobOf('{}');
    await using server = await fakeServer(() => ({ status: 200, body: blob.bytes }));
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(bytesOf(await repository.fetch({ ...blob, data: btoa('{}') }))).resolves.toEqual(blob.bytes);
    expect(server.seen).toHaveLength(0);
    await expect(bytesOf(await repository.fetch({ ...blob, data: btoa('{ }') }))).resolves.toEqual(
      blob.bytes,
    );
    expect(server.seen).toHaveLength(1);
  });

  test('a manifest without end is not read to its end', async () => {
    await using server = await fakeServer((_, response) => {
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest });
      const more = (): void =>
        void (response.destroyed || response.write(Buffer.alloc(65_536, 32), () => setImmediate(more)));
      more();
      return undefined;
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_TOO_LARGE',
    });
  });
});

describe('errors', () => {
  test.each([
    ['an empty body', ''],
    ['a proxy’s page', '<html><h1>413 Request Entity Too Large</h1></html>'],
    ['errors: null', '{"errors":null}'],
    ['a list of nothing useful', '{"errors":[null,1,{"code":5}]}'],
    ['a bare string', '"no"'],
    ['an endless line', 'x'.repeat(100_000)],
  ])('case 36: %s leaves the status to decide', async (_, body) => {
    await using server = await fakeServer(({ method }) =>
      method === 'HEAD' ? { status: 404 } : { status: 404, body },
    );
    await using registry = testRegistry();
    const error = await registry
      .repository(`${server.host}/a`)
      .load('v1')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_LADING_NOT_FOUND', status: 404 });
    expect((error as Error).message.length).toBeLessThan(1000);
  });

  test('case 36: the server’s words, its request id and no control characters', async () => {
    await using server = await fakeServer(() => ({
      status: 403,
      headers: { 'x-github-request-id': '9A1F:3C2' },
      body: errorBody('DENIED', 'permission_denied: \u001b[31mwrite_package'),
    }));
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/acme/a`).publish(manifest, manifest.bytes, 'v1'),
    ).rejects.toMatchObject({
      code: 'ERR_LADING_DENIED',
      message: `${server.host} refused the push of acme/a:v1: DENIED "permission_denied:  [31mwrite_package" (request 9A1F:3C2)`,
      errors: [{ code: 'DENIED', message: 'permission_denied:  [31mwrite_package' }],
      requestId: '9A1F:3C2',
      method: 'PUT',
    });
  });
});

describe('publishing', () => {
  test('case 44: 200, 201 and 202 are all fine', async () => {
    for (const status of [200, 201, 202]) {
      await using server = await fakeServer(() => ({ status }));
      await using registry = testRegistry();
      await registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, 'v1');
      expect(server.seen[0]).toMatchObject({
        method: 'PUT',
        path: '/v2/a/manifests/v1',
        body: manifest.bytes,
        headers: { 'content-type': mediaTypes.ociManifest, 'content-length': String(manifest.size) },
      });
    }
  });

  test('case 44: a server that stored something else is caught', async () => {
    await using server = await fakeServer(() => ({
      status: 201,
      headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
    }));
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, 'v1'),
    ).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });

  test('case 37: a manifest beyond 4 MiB is not sent', async () => {
    await using server = await fakeServer(() => ({ status: 201 }));
    await using registry = testRegistry();
    const large = manifestOf({ annotations: { a: 'x'.repeat(4_200_000) } });
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.publish(large, large.bytes, 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_TOO_LARGE',
    });
    expect(server.seen).toHaveLength(0);
  });

  test('case 37: 413 is explained', async () => {
    await using server = await fakeServer(() => ({ status: 413, body: '<html>413</html>' }));
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, 'v1'),
    ).rejects.toMatchObject({
      code: 'ERR_LADING_TOO_LARGE',
      hint: expect.stringContaining('proxy'),
    });
  });

  test.each([
    [400, errorBody('TAG_INVALID', 'The image tag is immutable')],
    [409, ''],
    [400, errorBody('ImageTagAlreadyExistsException', "The image tag 'v1' already exists")],
    [412, errorBody('PRECONDITION', 'tag is immutable')],
  ])(
    'case 43: an immutable tag (%d) with the same digest is fine, with another an error of its own',
    async (status, body) => {
      await using server = await fakeServer(({ method }) =>
        method === 'PUT' ? { status, body } : serveManifest(manifest),
      );
      await using registry = testRegistry();
      const repository = registry.repository(`${server.host}/a`);
      await repository.publish(manifest, manifest.bytes, 'v1');
      const other = manifestOf({ annotations: { other: 'yes' } });
      await expect(repository.publish(other, other.bytes, 'v1')).rejects.toMatchObject({
        code: 'ERR_LADING_IMMUTABLE_TAG',
      });
    },
  );

  test('wrong bytes never leave', async () => {
    await using server = await fakeServer(() => ({ status: 201 }));
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.publish(manifest, Buffer.from('{}'), 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
    await expect(repository.push(manifest, bytesSource(Buffer.from('{}')))).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
    expect(server.seen).toHaveLength(0);
  });

  test('a repository that has to be made first is made once', async () => {
    let exists = false;
    const made: string[] = [];
    await using server = await fakeServer(() =>
      exists
        ? { status: 201 }
        : {
            status: 404,
            body: errorBody('NAME_UNKNOWN', "The repository with name 'a' does not exist in the registry"),
          },
    );
    await using registry = testRegistry({
      hosts: {
        [server.host]: {
          createRepository: async (repository) => {
            made.push(repository);
            exists = true;
          },
        },
      },
    });
    await Promise.all(
      ['v1', 'v2', 'v3'].map((tag) =>
        registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, tag),
      ),
    );
    expect(made).toEqual(['a']);
  });

  describe('a repository that is being made', () => {
    const creations: { resolve(): void; reject(error: Error): void }[] = [];
    let exists = false;
    const asked = async (): Promise<void> => {
      while (creations.length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const registryOf = (host: string): ReturnType<typeof testRegistry> =>
      testRegistry({
        hosts: {
          [host]: {
            createRepository: (_, { signal }) => {
              const creation = Promise.withResolvers<void>();
              creations.push(creation);
              signal?.addEventListener('abort', () => creation.reject(signal.reason));
              return creation.promise;
            },
          },
        },
      });
    const start = (): Promise<FakeServer> => {
      creations.length = 0;
      exists = false;
      return fakeServer(() => (exists ? { status: 201 } : { status: 404, body: errorBody('NAME_UNKNOWN') }));
    };

    test('is there for the next push when the first one did not wait', async () => {
      await using server = await start();
      await using registry = registryOf(server.host);
      const repository = registry.repository(`${server.host}/a`);
      const impatient = new AbortController();
      const first = repository.publish(manifest, manifest.bytes, 'v1', { signal: impatient.signal });
      await asked();
      impatient.abort(new Error('enough'));
      await expect(first).rejects.toThrow('enough');
      const second = repository.publish(manifest, manifest.bytes, 'v2');
      while (server.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
      exists = true;
      creations[0]!.resolve();
      await expect(second).resolves.toBeUndefined();
      expect(creations).toHaveLength(1);
    });

    test('is asked for again by the next push when that failed', async () => {
      await using server = await start();
      await using registry = registryOf(server.host);
      const repository = registry.repository(`${server.host}/a`);
      const first = repository.publish(manifest, manifest.bytes, 'v1');
      await asked();
      creations.shift()!.reject(new Error('the quota is used up'));
      await expect(first).rejects.toThrow('quota');
      const second = repository.publish(manifest, manifest.bytes, 'v2');
      await asked();
      exists = true;
      creations[0]!.resolve();
      await expect(second).resolves.toBeUndefined();
    });
  });
});

describe('case 18: a package that is private or absent', () => {
  test('is called both', async () => {
    const { hintFor } = await import('../src/hints.ts');
    expect(hintFor({ host: 'ghcr.io', status: 403, action: 'pull', text: '' })).toContain(
      'private or absent',
    );
    expect(hintFor({ host: 'ghcr.io', status: 404, action: 'pull', text: '' })).toContain('private');
    const inWorkflow = {
      host: 'ghcr.io',
      status: 403,
      action: 'push',
      credentialSource: 'user "bob", from GITHUB_TOKEN',
      text: '',
    } as const;
    expect(hintFor(inWorkflow)).toBe('the workflow needs  permissions: packages: write');
  });
});

describe('mirrors', () => {
  test('give content by digest; tags are the registry’s word', async () => {
    await using mirror = await fakeServer(() => serveManifest(manifest));
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry({ hosts: { [server.host]: { mirrors: [`${mirror.host}/proxy`] } } });
    await registry.repository(`${server.host}/acme/a`).load('v1');
    expect(server.lines()).toEqual(['HEAD /v2/acme/a/manifests/v1']);
    expect(mirror.lines()).toEqual([`GET /v2/proxy/acme/a/manifests/${manifest.digest}`]);
  });

  test.each([
    ['does not have it', { status: 404 }],
    ['is broken', { status: 500 }],
    [
      'lies',
      {
        status: 200,
        headers: { 'content-type': manifest.mediaType },
        body: '{"schemaVersion":2,"layers":[]}',
      },
    ],
  ])('a mirror that %s is passed over', async (_, answer) => {
    await using mirror = await fakeServer(() => answer);
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry({ hosts: { [server.host]: { mirrors: [mirror.host] } } });
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.load(manifest.digest)).resolves.toMatchObject({
      descriptor: { digest: manifest.digest },
    });
  });

  test('are never pushed to', async () => {
    await using mirror = await fakeServer(() => ({ status: 201 }));
    await using server = await fakeServer(() => ({ status: 201 }));
    await using registry = testRegistry({ hosts: { [server.host]: { mirrors: [mirror.host] } } });
    await registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, 'v1');
    expect(mirror.seen).toHaveLength(0);
  });
});
