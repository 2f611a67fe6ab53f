import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf, mediaTypes, referrersIndex, referrersTag } from '@lading/oci';
import { type RegistryServer, startRegistry } from '@lading/server';
import { bytesSource, type ChangeTag, type LoadedManifest } from '@lading/store';
import { type Fault, faults, startProxy } from '@lading/testkit';
import { openRegistry, type RegistryStore } from '../src/index.ts';
import {
  errorBody,
  fakeServer,
  manifestOf,
  type ScriptedAnswer,
  type SeenRequest,
  serveManifest,
  testRegistry,
} from './fake-registry.ts';

const tag = 'sha256-0.sig';
const ten = Array.from({ length: 10 }, (_, index) => `signer ${index}`);
const subject = manifestOf({ annotations: { 'org.example.is': 'signed' } });
const { bytes: _, ...subjectDescriptor } = { ...subject, bytes: subject.bytes };

/** A manifest that lists names, as a stand-in for whatever a tag collects. */
function listManifest(names: readonly string[]): LoadedManifest {
  const { bytes, ...descriptor } = indexOf(names);
  return { descriptor, bytes };
}

function indexOf(names: readonly string[]): Descriptor & { bytes: Buffer } {
  const { mediaType } = { mediaType: mediaTypes.ociIndex };
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { names: names.join(',') } }),
  );
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength, bytes };
}

function namesOf(bytes: Uint8Array | undefined): string[] {
  if (bytes === undefined) return [];
  return JSON.parse(Buffer.from(bytes).toString()).annotations.names.split(',');
}

function adding(name: string): ChangeTag {
  return async (current) => {
    const names = namesOf(current?.bytes);
    return names.includes(name) ? undefined : listManifest([...names, name]);
  };
}

function signature(name: string): Descriptor & { bytes: Buffer } {
  return manifestOf({
    artifactType: 'application/vnd.example',
    subject: subjectDescriptor,
    annotations: { name },
  });
}

async function refer(store: RegistryStore, name: string): Promise<void> {
  const { bytes, ...descriptor } = { ...signature(name), bytes: signature(name).bytes };
  await store.push(descriptor, bytesSource(bytes));
}

async function referring(store: RegistryStore): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  for await (const { annotations } of store.referrers(subject)) names.push(annotations?.name);
  return names;
}

/** A registry that takes everything and compares nothing; `spy` is asked first. */
function simpleRegistry(
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
    if (method === 'DELETE') {
      const gone = manifests.get(reference);
      if (gone === undefined) return { status: 404, body: errorBody('MANIFEST_UNKNOWN') };
      for (const [key, bytes] of manifests) if (bytes.equals(gone)) manifests.delete(key);
      return { status: 202 };
    }
    const found = manifests.get(reference);
    if (found === undefined) return { status: 404, body: errorBody('MANIFEST_UNKNOWN') };
    return serveManifest({
      bytes: found,
      mediaType: JSON.parse(`${found}`).mediaType,
      digest: digestOf(found),
    });
  };
  return { manifests, script, names: () => namesOf(manifests.get(tag)) };
}

const isPutOfTag = ({ method, path }: SeenRequest): boolean => method === 'PUT' && path.endsWith(tag);
const isGetOfTag = ({ method, path }: SeenRequest): boolean => method === 'GET' && path.endsWith(tag);

describe('ten signers at once', () => {
  let directory: string;
  let server: RegistryServer;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lading-shared-'));
    server = await startRegistry({ directory, sparse: true });
  });
  afterEach(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  const noEtag = faults.headers({ etag: null });
  const noSubject = faults.headers({ 'oci-subject': null });
  const places: [string, readonly Fault[]][] = [
    ['the referrers API and conditional writes', []],
    ['the referrers API, without ETags', [noEtag]],
    ['the fallback tag and conditional writes', [faults.noReferrers(), noSubject]],
    ['the fallback tag, without ETags', [faults.noReferrers(), noSubject, noEtag]],
  ];

  test.each(places)('signing case 20: with %s, in one process: none is lost', async (_, script) => {
    await using proxy = await startProxy({ target: server.url, script });
    await using registry = openRegistry();
    const store = registry.repository(`${proxy.host}/app`);
    await Promise.all(ten.flatMap((name) => [refer(store, name), store.updateTag(tag, adding(name))]));
    expect((await referring(store)).toSorted()).toEqual(ten);
    expect(namesOf((await store.load(tag)).bytes).toSorted()).toEqual(ten);
  });

  test.each(places)(
    'signing case 20: with %s, none knowing of the others: none is lost',
    async (_, script) => {
      await using proxy = await startProxy({ target: server.url, script });
      await Promise.all(
        ten.map(async (name) => {
          await using registry = openRegistry();
          const store = registry.repository(`${proxy.host}/app`);
          await Promise.all([refer(store, name), store.updateTag(tag, adding(name))]);
        }),
      );
      await using registry = openRegistry();
      const store = registry.repository(`${proxy.host}/app`);
      expect((await referring(store)).toSorted()).toEqual(ten);
      expect(namesOf((await store.load(tag)).bytes).toSorted()).toEqual(ten);
    },
  );

  test('signing case 20: where nothing is compared, none knowing of the others: none is lost', async () => {
    const { script, manifests } = simpleRegistry();
    await using slow = await fakeServer(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return script(request);
    });
    await Promise.all(
      ten.map(async (name) => {
        await using registry = openRegistry();
        const store = registry.repository(`${slow.host}/app`);
        await Promise.all([refer(store, name), store.updateTag(tag, adding(name))]);
      }),
    );
    expect(namesOf(manifests.get(tag)).toSorted()).toEqual(ten);
    const listed = JSON.parse(manifests.get(referrersTag(subject.digest))!.toString()).manifests;
    expect(listed.map((entry: Descriptor) => entry.annotations?.name).toSorted()).toEqual(ten);
  });

  test('signing case 20: those of one process wait for each other to write, not to look again', async () => {
    const { script, names } = simpleRegistry();
    await using simple = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${simple.host}/app`);
    await Promise.all(ten.map((name) => store.updateTag(tag, adding(name))));
    expect(names()).toEqual(ten);
    // One read and one write each, and one look again.
    expect(simple.seen).toHaveLength(30);
  });
});

describe('a write that others are in the way of', () => {
  test('signing case 20: one that was refused or got no answer is no reason to repeat an old version', async () => {
    for (const failure of ['503', 'hang up'] as const) {
      let failed = false;
      const { script, names } = simpleRegistry((request, manifests) => {
        if (!isPutOfTag(request) || failed) return undefined;
        failed = true;
        manifests.set(tag, indexOf(['foreign']).bytes);
        if (failure === '503') return { status: 503 };
        throw new Error('the connection breaks');
      });
      await using server = await fakeServer(script);
      await using registry = testRegistry();
      await registry.repository(`${server.host}/app`).updateTag(tag, adding('own'));
      expect(names()).toEqual(['foreign', 'own']);
    }
  });

  test('a registry that keeps failing is given up with its own error, as for any other request', async () => {
    const { script } = simpleRegistry((request) => (isPutOfTag(request) ? { status: 503 } : undefined));
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const updated = registry.repository(`${server.host}/app`).updateTag(tag, adding('own'));
    await expect(updated).rejects.toMatchObject({ code: 'ERR_LADING_REGISTRY', status: 503 });
    expect(server.seen.filter(isPutOfTag)).toHaveLength(5);
  });

  test('signing case 20: a change that took its time is made anew when the tag has moved meanwhile', async () => {
    const { script, names, manifests } = simpleRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    let asked = 0;
    await registry.repository(`${server.host}/app`).updateTag(tag, async (current) => {
      if (++asked === 1) {
        registry.clock.advance(1000);
        manifests.set(tag, indexOf(['foreign']).bytes);
      }
      return adding('own')(current);
    });
    expect(names()).toEqual(['foreign', 'own']);
    // Not even for a moment was the other one's away.
    expect(server.seen.filter(isPutOfTag)).toHaveLength(1);
  });

  test('signing case 20: conditions are only trusted once one has failed, and never made of weak validators', async () => {
    const { script, manifests } = simpleRegistry((request, stored) => {
      const held = stored.get(tag);
      if (!isGetOfTag(request) || held === undefined) return undefined;
      const served = serveManifest({ ...indexOf(namesOf(held)), bytes: held });
      return { ...served, headers: { ...served.headers, etag: 'W/"weak"' } };
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    await store.updateTag(tag, adding('one'));
    await store.updateTag(tag, adding('two'));
    const conditions = server.seen
      .filter(isPutOfTag)
      .map(({ headers }) => [headers['if-none-match'], headers['if-match']]);
    expect(conditions).toEqual([
      ['*', undefined],
      [undefined, undefined],
    ]);
    expect(server.seen.filter(isGetOfTag)).toHaveLength(4);
    expect(namesOf(manifests.get(tag))).toEqual(['one', 'two']);
  });

  test('signing case 20: a registry that compares one condition is not taken to compare the other', async () => {
    const other = 'sha256-1.sig';
    let isOverwritten = false;
    const { script, manifests } = simpleRegistry((request, stored) => {
      const { method, path, headers } = request;
      const held = stored.get(path.split('/').at(-1)!);
      const wanted = headers['if-match'];
      if (method === 'PUT' && wanted !== undefined && held !== undefined) {
        if (wanted !== `"${digestOf(held)}"`) return { status: 412, body: errorBody('PRECONDITION') };
      }
      if (method === 'GET' && held !== undefined) {
        const served = serveManifest({ ...indexOf(namesOf(held)), bytes: held });
        // Between the read and the write of our own somebody else writes, once.
        if (path.endsWith(tag) && !isOverwritten) {
          isOverwritten = true;
          stored.set(tag, indexOf(['foreign']).bytes);
        }
        return { ...served, headers: { ...served.headers, etag: `"${digestOf(held)}"` } };
      }
      return undefined;
    });
    manifests.set(tag, indexOf(['first']).bytes);
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    await store.updateTag(tag, adding('own'));
    expect(namesOf(manifests.get(tag))).toEqual(['foreign', 'own']);
    const isGetOfOther = ({ method, path }: SeenRequest): boolean => method === 'GET' && path.endsWith(other);
    await store.updateTag(other, adding('own'));
    // Read, written, and looked at again: two that found no tag could both have written.
    expect(server.seen.filter(isGetOfOther)).toHaveLength(2);
  });

  test('signing case 20: a signature that others keep removing is an error of its own', async () => {
    const { script } = simpleRegistry((request, manifests) => {
      if (isGetOfTag(request)) manifests.set(tag, indexOf(['foreign']).bytes);
      return undefined;
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/app`).updateTag(tag, adding('own')),
    ).rejects.toMatchObject({ code: 'ERR_LADING_REFERRER_LOST', hint: expect.any(String) });
    expect(server.seen.filter(isPutOfTag)).toHaveLength(20);
  });

  test.each([
    [409, errorBody('TAG_INVALID')],
    [412, errorBody('PRECONDITION', 'configured as immutable')],
  ])('a tag that may not move (%d) is no race', async (status, body) => {
    const { script } = simpleRegistry((request) => (isPutOfTag(request) ? { status, body } : undefined));
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    await expect(store.updateTag(tag, adding('own'))).rejects.toMatchObject({
      code: 'ERR_LADING_IMMUTABLE_TAG',
    });
    await expect(refer(store, 'own')).resolves.toBeUndefined();
    expect(server.seen.filter(isPutOfTag)).toHaveLength(1);
  });

  test('a change that answers what is there already has stayed', async () => {
    const { script, names } = simpleRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    await store.updateTag(tag, async () => listManifest(['fixed']));
    expect(names()).toEqual(['fixed']);
    expect(server.seen.filter(isPutOfTag)).toHaveLength(1);
  });

  test('what is pushed is what it says it is', async () => {
    const { script } = simpleRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const wrong = { ...listManifest(['one']), bytes: indexOf(['two']).bytes };
    await expect(
      registry.repository(`${server.host}/app`).updateTag(tag, async () => wrong),
    ).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    expect(server.seen.filter(isPutOfTag)).toHaveLength(0);
  });

  test('an aborted wait for the turn ends at once, and holds up nobody', async () => {
    const { script, names } = simpleRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = store.updateTag(tag, async (current) => {
      await promise;
      return adding('first')(current);
    });
    const controller = new AbortController();
    const second = store.updateTag(tag, adding('second'), { signal: controller.signal });
    const third = store.updateTag(tag, adding('third'));
    const reason = { why: 'enough' };
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    resolve();
    await Promise.all([first, third]);
    expect(names()).toEqual(['first', 'third']);
  });
});

describe('removing a shared tag', () => {
  const emptied: ChangeTag = async (current) =>
    current !== undefined && namesOf(current.bytes).join() === 'own' ? 'delete' : undefined;

  test('goes by the digest that was read, so that nothing newer is hit', async () => {
    const { script, manifests, names } = simpleRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    await store.updateTag(tag, adding('own'));
    await store.updateTag(tag, async (current) => {
      const answer = await emptied(current);
      // Another signer is quicker than the delete.
      if (answer === 'delete') manifests.set(tag, indexOf(['own', 'foreign']).bytes);
      return answer;
    });
    expect(names()).toEqual(['own', 'foreign']);
    const deletes = server.lines().filter((line) => line.startsWith('DELETE'));
    expect(deletes).toEqual([`DELETE /v2/app/manifests/${indexOf(['own']).digest}`]);
  });

  test('looks again: a writer that had read before brings the old content back', async () => {
    let returned = false;
    const { script, manifests } = simpleRegistry((request, stored) => {
      if (isGetOfTag(request) && !stored.has(tag) && !returned) {
        returned = true;
        const late = indexOf(['own']);
        stored.set(tag, late.bytes);
        stored.set(late.digest, late.bytes);
      }
      return undefined;
    });
    const { bytes, digest } = indexOf(['own']);
    manifests.set(tag, bytes);
    manifests.set(digest, bytes);
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    await registry.repository(`${server.host}/app`).updateTag(tag, emptied);
    expect({ returned, has: manifests.has(tag) }).toEqual({ returned: true, has: false });
  });

  test('is fine with what someone else has removed, and says where nothing can be deleted', async () => {
    let refuse = false;
    const { script } = simpleRegistry((request, stored) => {
      if (request.method !== 'DELETE') return undefined;
      if (refuse) return { status: 405 };
      stored.clear();
      return { status: 404, body: errorBody('MANIFEST_UNKNOWN') };
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    await store.updateTag(tag, async () => 'delete');
    await store.updateTag(tag, adding('own'));
    await store.updateTag(tag, emptied);
    await store.updateTag(tag, adding('own'));
    refuse = true;
    await expect(store.updateTag(tag, emptied)).rejects.toMatchObject({ code: 'ERR_LADING_UNSUPPORTED' });
  });
});

describe('deleting referrers', () => {
  test('signing case 20: ten at once are all taken out of the list, and those that stay are not', async () => {
    const { script, manifests } = simpleRegistry();
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    for (const name of [...ten, 'stays']) await refer(store, name);
    await Promise.all(ten.map((name) => store.delete(signature(name).digest)));
    expect(await referring(store)).toEqual(['stays']);
    expect(manifests.has(signature('signer 0').digest)).toBe(false);
  });

  test('signing case 20: a writer elsewhere that brings the list back is noticed', async () => {
    let returned = false;
    const list = referrersTag(subject.digest);
    const both = ['one', 'two'].map((name) => {
      const { mediaType, digest, size } = signature(name);
      return { mediaType, digest, size, artifactType: 'application/vnd.example', annotations: { name } };
    });
    let deleted = false;
    const { script, manifests } = simpleRegistry(({ method, path }, stored) => {
      if (method === 'DELETE') deleted = true;
      const isLookAgain =
        method === 'GET' &&
        path.endsWith(list) &&
        deleted &&
        !`${stored.get(list)}`.includes(both[0]!.digest);
      if (isLookAgain && !returned) {
        returned = true;
        stored.set(list, Buffer.from(referrersIndex(both)));
      }
      return undefined;
    });
    await using server = await fakeServer(script);
    await using registry = testRegistry();
    const store = registry.repository(`${server.host}/app`);
    for (const name of ['one', 'two']) await refer(store, name);
    await store.delete(both[0]!.digest);
    expect({ returned, left: await referring(store) }).toEqual({ returned: true, left: ['two'] });
    expect(manifests.has(both[0]!.digest)).toBe(false);
  });
});
