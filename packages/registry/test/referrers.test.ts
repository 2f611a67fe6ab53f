import { describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf, mediaTypes, referrersIndex, referrersTag } from '@lading/oci';
import { bytesSource } from '@lading/store';
import type { RegistryStore } from '../src/index.ts';
import {
  errorBody,
  fakeServer,
  manifestOf,
  type ScriptedAnswer,
  type SeenRequest,
  serveManifest,
  testRegistry,
} from './fake-registry.ts';

const subject = manifestOf();
const { bytes: _, ...subjectDescriptor } = { ...subject, bytes: subject.bytes };
const tag = referrersTag(subject.digest);

function signature(name: string): Descriptor & { bytes: Buffer } {
  return manifestOf({
    artifactType: 'application/vnd.example.signature',
    subject: subjectDescriptor,
    annotations: { name },
  });
}

function listed(manifest: Descriptor, name: string): Descriptor {
  const { mediaType, digest, size } = manifest;
  return {
    mediaType,
    digest,
    size,
    artifactType: 'application/vnd.example.signature',
    annotations: { name },
  };
}

async function all(repository: RegistryStore, artifactType?: string): Promise<string[]> {
  const digests: string[] = [];
  for await (const { digest } of repository.referrers(subject, { artifactType })) digests.push(digest);
  return digests;
}

const indexAnswer = (list: readonly Descriptor[], headers: Record<string, string> = {}): ScriptedAnswer => ({
  status: 200,
  headers: { 'content-type': mediaTypes.ociIndex, ...headers },
  body: referrersIndex(list),
});

/** A registry without the referrers API, with manifests in a map; the fallback tag's content comes first to `spy`. */
function tagOnlyRegistry(
  spy: (request: SeenRequest, manifests: Map<string, Buffer>) => ScriptedAnswer | undefined = () => undefined,
) {
  const manifests = new Map<string, Buffer>();
  const script = (request: SeenRequest): ScriptedAnswer => {
    const { method, path, body } = request;
    const odd = spy(request, manifests);
    if (odd !== undefined) return odd;
    if (path.includes('/referrers/')) return { status: 404, body: '404 page not found' };
    const reference = path.split('/').at(-1)!;
    if (method === 'PUT') {
      manifests.set(reference, body);
      manifests.set(digestOf(body), body);
      return { status: 201 };
    }
    if (method === 'DELETE') return manifests.delete(reference) ? { status: 202 } : { status: 404 };
    const found = manifests.get(reference);
    if (found === undefined) return { status: 404, body: errorBody('MANIFEST_UNKNOWN') };
    return serveManifest({
      bytes: found,
      mediaType: JSON.parse(found.toString()).mediaType,
      digest: digestOf(found),
    });
  };
  const list = (): Descriptor[] => JSON.parse(manifests.get(tag)?.toString() ?? '{"manifests":[]}').manifests;
  return { manifests, script, list };
}

describe('listing', () => {
  const one = listed(signature('one'), 'one');
  const two = listed(signature('two'), 'two');

  test('case 60: pages are followed, and what the server has not filtered is filtered here', async () => {
    const other = {
      ...one,
      digest: digestOf(Buffer.from('other')),
      artifactType: 'application/vnd.example.other',
    };
    await using server = await fakeServer(({ path }) =>
      path.includes('page=2')
        ? indexAnswer([other, two])
        : indexAnswer([one], { link: `<${path.split('?')[0]}?page=2>; rel="next"` }),
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(all(repository, 'application/vnd.example.signature')).resolves.toEqual([
      one.digest,
      two.digest,
    ]);
    expect(server.lines()[0]).toBe(
      `GET /v2/a/referrers/${subject.digest}?artifactType=application%2Fvnd.example.signature`,
    );
    await expect(all(repository)).resolves.toHaveLength(3);
  });

  test('case 60: where the list names the empty config, the referrer itself is asked for its type', async () => {
    const real = signature('real');
    await using server = await fakeServer(({ path }) =>
      path.includes('/referrers/')
        ? indexAnswer([{ ...listed(real, 'real'), artifactType: mediaTypes.ociEmpty }])
        : serveManifest(real),
    );
    await using registry = testRegistry();
    await expect(
      all(registry.repository(`${server.host}/a`), 'application/vnd.example.signature'),
    ).resolves.toEqual([real.digest]);
  });

  test.each<[string, ScriptedAnswer]>([
    ['404', { status: 404, body: '404 page not found' }],
    ['404 MANIFEST_UNKNOWN', { status: 404, body: errorBody('MANIFEST_UNKNOWN') }],
    ['a page of HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['JSON of another type', { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }],
    ['a redirect to a web page elsewhere', { status: 303, headers: { location: 'https://web.example/404' } }],
    ['405', { status: 405 }],
    ['400', { status: 400, body: errorBody('UNSUPPORTED') }],
  ])('case 58: %s means that there is no API, for the whole host', async (_, answer) => {
    const { script, manifests } = tagOnlyRegistry(({ path }) =>
      path.includes('/referrers/') ? answer : undefined,
    );
    manifests.set(tag, Buffer.from(referrersIndex([one])));
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    await expect(all(registry.repository(`${server.host}/a`))).resolves.toEqual([one.digest]);
    await expect(all(registry.repository(`${server.host}/b`))).resolves.toEqual([one.digest]);
    expect(server.lines().filter((line) => line.includes('/referrers/'))).toHaveLength(1);
  });

  test('case 59: an absent repository says nothing about the API', async () => {
    await using server = await fakeServer(({ path }) =>
      path.startsWith('/v2/absent/') ? { status: 404, body: errorBody('NAME_UNKNOWN') } : indexAnswer([one]),
    );
    await using registry = testRegistry();
    await expect(all(registry.repository(`${server.host}/absent`))).resolves.toEqual([]);
    await expect(all(registry.repository(`${server.host}/a`))).resolves.toEqual([one.digest]);
    expect(server.seen).toHaveLength(2);
  });

  test('case 58: a host that has shown the API keeps it', async () => {
    let odd = false;
    await using server = await fakeServer(({ path }) =>
      path.includes('/referrers/') && !odd
        ? indexAnswer([one])
        : { status: 404, body: errorBody('MANIFEST_UNKNOWN') },
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await all(repository);
    odd = true;
    await expect(all(repository)).resolves.toEqual([]);
    odd = false;
    await expect(all(repository)).resolves.toEqual([one.digest]);
  });

  test('refused credentials are an error, not an empty list', async () => {
    await using server = await fakeServer(() => ({ status: 403, body: errorBody('DENIED') }));
    await using registry = testRegistry();
    await expect(all(registry.repository(`${server.host}/a`))).rejects.toMatchObject({
      code: 'ERR_LADING_DENIED',
    });
  });
});

describe('what verification relies on', () => {
  const many = Array.from({ length: 120 }, (_, index) => listed(signature(`s${index}`), `s${index}`));
  const digests = many.map(({ digest }) => digest);
  const other = {
    ...many[0]!,
    digest: digestOf(Buffer.from('other')),
    artifactType: 'application/vnd.other',
  };

  test('signing case 18: more than fifty referrers, in pages, from a server that ignores the filter: all are listed', async () => {
    const all_ = [...many.slice(0, 60), other, ...many.slice(60)];
    await using server = await fakeServer(({ path }) => {
      const start = Number(/start=(\d+)/.exec(path)?.[1] ?? 0);
      // No OCI-Filters-Applied, and the filter is lost on the way to the next page, as some do.
      const link: Record<string, string> =
        start + 50 < all_.length ? { link: `<${path.split('?')[0]}?start=${start + 50}>; rel="next"` } : {};
      return indexAnswer(all_.slice(start, start + 50), link);
    });
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(all(repository, 'application/vnd.example.signature')).resolves.toEqual(digests);
    await expect(all(repository)).resolves.toHaveLength(121);
    expect(server.seen).toHaveLength(6);
  });

  test('signing case 18: more than fifty under the fallback tag', async () => {
    const { script, manifests } = tagOnlyRegistry();
    manifests.set(tag, Buffer.from(referrersIndex([...many, other])));
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    await expect(
      all(registry.repository(`${server.host}/a`), 'application/vnd.example.signature'),
    ).resolves.toEqual(digests);
  });

  test.each([
    [401, 'ERR_LADING_UNAUTHORIZED'],
    [403, 'ERR_LADING_DENIED'],
    [500, 'ERR_LADING_REGISTRY'],
    [502, 'ERR_LADING_REGISTRY'],
  ])(
    'signing case 19: %d to the question for referrers is an error, not "no signatures"',
    async (status, code) => {
      const { script, manifests } = tagOnlyRegistry(({ path }) =>
        path.includes('/referrers/') ? { status } : undefined,
      );
      manifests.set(tag, Buffer.from(referrersIndex([])));
      await using server = await fakeServer(script);
      await using registry = testRegistry();
      const repository = registry.repository(`${server.host}/a`);
      await expect(all(repository)).rejects.toMatchObject({ code, status });
      // Nothing wrong is remembered of the host, either.
      await expect(all(repository)).rejects.toMatchObject({ code, status });
    },
  );

  test.each([
    [401, 'ERR_LADING_UNAUTHORIZED'],
    [500, 'ERR_LADING_REGISTRY'],
  ])(
    'signing case 19: %d on the second page, or at the fallback tag, is an error as well',
    async (status, code) => {
      await using paged = await fakeServer(({ path }) =>
        path.includes('page=2') ? { status } : indexAnswer(many, { link: '<?page=2>; rel="next"' }),
      );
      const { script } = tagOnlyRegistry(({ path }) => (path.endsWith(tag) ? { status } : undefined));
      await using tagged = await fakeServer(script);
      await using registry = testRegistry();
      for (const server of [paged, tagged])
        await expect(all(registry.repository(`${server.host}/a`))).rejects.toMatchObject({ code, status });
    },
  );
});

describe('pushing a referrer', () => {
  const push = (repository: RegistryStore, manifest: Descriptor & { bytes: Buffer }): Promise<unknown> =>
    repository.push(manifest, bytesSource(manifest.bytes));

  test('costs one request where the registry lists it itself', async () => {
    await using server = await fakeServer(() => ({
      status: 201,
      headers: { 'oci-subject': subject.digest },
    }));
    await using registry = testRegistry();
    await push(registry.repository(`${server.host}/a`), signature('one'));
    expect(server.seen).toHaveLength(1);
  });

  test('leaves no tag at a registry that has the API and forgets to say so', async () => {
    await using server = await fakeServer(({ method }) =>
      method === 'PUT' ? { status: 201 } : indexAnswer([]),
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await push(repository, signature('one'));
    await push(repository, signature('two'));
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['PUT', 'GET', 'PUT']);
  });

  test('case 61: else it is added to the fallback tag, with artifactType and annotations, in order, once', async () => {
    const { script, list } = tagOnlyRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    const [one, two] = [signature('one'), signature('two')];
    await push(repository, one);
    await push(repository, two);
    await push(repository, one);
    expect(list()).toEqual([listed(one, 'one'), listed(two, 'two')]);
    const put = server.seen.find(({ method, path }) => method === 'PUT' && path.endsWith(tag))!;
    expect(put.headers['content-type']).toBe(mediaTypes.ociIndex);
    await expect(all(repository)).resolves.toEqual([one.digest, two.digest]);
  });

  test('case 56: a referrer that is stored by its sha512 is listed by it', async () => {
    const { script, list } = tagOnlyRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const one = signature('one');
    const digest = digestOf(one.bytes, 'sha512');
    await registry.repository(`${server.host}/a`).push({ ...one, digest }, bytesSource(one.bytes));
    expect(list().map((entry) => entry.digest)).toEqual([digest]);
  });

  test('case 61: writers of one process take turns, and none is lost', async () => {
    const { script, list } = tagOnlyRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    const signatures = Array.from({ length: 12 }, (_, index) => signature(`s${index}`));
    await Promise.all(signatures.map((one) => push(repository, one)));
    expect(new Set(list().map(({ digest }) => digest))).toEqual(
      new Set(signatures.map(({ digest }) => digest)),
    );
  });

  test('case 61: a writer elsewhere that overwrites the list is noticed, and both are kept', async () => {
    const foreign = listed(signature('foreign'), 'foreign');
    let overwrites = 0;
    const { script, list, manifests } = tagOnlyRegistry(({ method, path }, stored) => {
      // The other writer read before our first write, and writes after it.
      if (method === 'GET' && path.endsWith(tag) && stored.has(tag) && overwrites++ === 0)
        stored.set(tag, Buffer.from(referrersIndex([foreign])));
      return undefined;
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const own = signature('own');
    await push(registry.repository(`${server.host}/a`), own);
    expect(list().map(({ digest }) => digest)).toEqual([foreign.digest, own.digest]);
    expect(manifests.size).toBeGreaterThan(0);
  });

  test('case 61: processes without a common memory lose nothing', async () => {
    const { script, list } = tagOnlyRegistry();
    await using server = await fakeServer(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return script(request);
    });
    const { openRegistry } = await import('../src/index.ts');
    const signatures = Array.from({ length: 5 }, (_, index) => signature(`p${index}`));
    await Promise.all(
      signatures.map(async (one) => {
        await using registry = openRegistry();
        await push(registry.repository(`${server.host}/a`), one);
      }),
    );
    expect(new Set(list().map(({ digest }) => digest))).toEqual(
      new Set(signatures.map(({ digest }) => digest)),
    );
  });

  test('case 61: conditional writes are used where they are offered', async () => {
    let version = 0;
    const conditions: (string | undefined)[] = [];
    const { script, list } = tagOnlyRegistry(({ method, path, headers }, stored) => {
      if (!path.endsWith(tag)) return undefined;
      if (method === 'GET' && stored.has(tag)) {
        return {
          ...serveManifest({
            bytes: stored.get(tag)!,
            mediaType: mediaTypes.ociIndex,
            digest: digestOf(stored.get(tag)!),
          }),
          headers: { 'content-type': mediaTypes.ociIndex, etag: `"${version}"` },
        };
      }
      if (method !== 'PUT') return undefined;
      conditions.push(headers['if-match'] ?? headers['if-none-match']);
      // Someone was faster, once.
      if (conditions.length === 1) {
        stored.set(tag, Buffer.from(referrersIndex([listed(signature('foreign'), 'foreign')])));
        version = 7;
      }
      const matches =
        headers['if-match'] === `"${version}"` || (headers['if-none-match'] === '*' && !stored.has(tag));
      return matches ? undefined : { status: 412 };
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    await push(registry.repository(`${server.host}/a`), signature('own'));
    expect(conditions).toEqual(['*', '"7"']);
    expect(list()).toHaveLength(2);
  });

  test('case 61: a list that others keep replacing is an error of its own', async () => {
    const { script } = tagOnlyRegistry(({ method, path }, stored) => {
      if (method === 'GET' && path.endsWith(tag)) stored.set(tag, Buffer.from(referrersIndex([])));
      return undefined;
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    await expect(push(registry.repository(`${server.host}/a`), signature('own'))).rejects.toMatchObject({
      code: 'ERR_LADING_REFERRER_LOST',
    });
  });

  const platform = { os: 'linux', architecture: 'amd64' };
  const { mediaType, digest, size } = subject;
  const indexWith = (fields: object): Buffer =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...fields }));
  test.each<[string, Buffer]>([
    ['the image itself, as cosign copy leaves it', subject.bytes],
    ['an image index', indexWith({ manifests: [{ mediaType, digest, size, platform }] })],
    ['a Docker list', indexWith({ mediaType: mediaTypes.dockerList, manifests: [] })],
    ['an index that is a referrer', indexWith({ manifests: [], subject: { mediaType, digest, size } })],
  ])('signing case 21: %s under the tag is left alone', async (_, bytes) => {
    const { script, manifests } = tagOnlyRegistry();
    manifests.set(tag, bytes);
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    const own = signature('own');
    await expect(push(repository, own)).rejects.toMatchObject({
      code: 'ERR_LADING_REFERRER_UNLISTED',
      hint: expect.stringContaining('delete that tag'),
    });
    expect(manifests.get(tag)).toBe(bytes);
    await expect(all(repository)).resolves.toEqual([]);
    await expect(repository.delete(own.digest)).rejects.toMatchObject({
      code: 'ERR_LADING_REFERRER_UNLISTED',
    });
    expect(manifests.get(tag)).toBe(bytes);
  });

  test('signing case 21: an index of whose image it is the tag is no list, whatever it holds', async () => {
    const index = indexWith({ manifests: [{ mediaType, digest, size }] });
    const own = digestOf(index);
    const ownTag = referrersTag(own);
    const { script, manifests } = tagOnlyRegistry();
    manifests.set(ownTag, index);
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const referrer = manifestOf({
      artifactType: 'application/vnd.example',
      subject: { mediaType: mediaTypes.ociIndex, digest: own, size: index.byteLength },
    });
    await expect(push(registry.repository(`${server.host}/a`), referrer)).rejects.toMatchObject({
      code: 'ERR_LADING_REFERRER_UNLISTED',
    });
    expect(manifests.get(ownTag)).toBe(index);
  });

  test('case 63: where tags cannot be overwritten, it is said that the referrer is stored and not listed', async () => {
    const { script, manifests } = tagOnlyRegistry(({ method, path }) =>
      method === 'PUT' && path.endsWith(tag)
        ? { status: 409, body: errorBody('TAG_INVALID', 'immutable') }
        : undefined,
    );
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const own = signature('own');
    await expect(push(registry.repository(`${server.host}/a`), own)).rejects.toMatchObject({
      code: 'ERR_LADING_REFERRER_UNLISTED',
      message: expect.stringContaining('stored'),
    });
    expect(manifests.has(own.digest)).toBe(true);
  });
});

describe('deleting', () => {
  test('a referrer is taken out of the fallback tag as well', async () => {
    const { script, list } = tagOnlyRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    const [one, two] = [signature('one'), signature('two')];
    for (const manifest of [one, two]) await repository.push(manifest, bytesSource(manifest.bytes));
    await repository.delete(one.digest);
    expect(list().map(({ digest }) => digest)).toEqual([two.digest]);
  });

  test('a tag is deleted by itself', async () => {
    await using server = await fakeServer(() => ({ status: 202 }));
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).delete('v1');
    expect(server.lines()).toEqual(['DELETE /v2/a/manifests/v1']);
  });

  test.each([
    [405, ''],
    [400, errorBody('UNSUPPORTED')],
  ])('a registry that does not delete (%d) says so by its own code', async (status, body) => {
    await using server = await fakeServer(() => ({ status, body }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).delete('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNSUPPORTED',
      status,
    });
  });
});
