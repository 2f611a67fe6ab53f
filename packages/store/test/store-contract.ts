import { describe, expect, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import { makeImage, makeIndex, makeReferrer, rawLayer, withReferrers } from '@lading/testkit';
import {
  bytesSource,
  type ChangeTag,
  type ContentStore,
  type LoadedManifest,
  loadManifest,
  readAll,
  streamOf,
} from '../src/index.ts';
import { collect, fill, missing } from './doubles/images.ts';

export interface StoreUnderTest {
  readonly store: ContentStore;
  /** The same content, opened again. */
  reopen(): Promise<ContentStore>;
}

export interface ContractOptions {
  /** False where tags that several writers share cannot be kept. */
  readonly sharedTags?: boolean | undefined;
  /** False where one manifest for one platform is all that can be kept. */
  readonly indexes?: boolean | undefined;
}

/** What every store does alike, whatever it is made of. */
export function storeContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  { indexes = true, sharedTags = true }: ContractOptions = {},
): void {
  const image = makeImage({ layers: [rawLayer('0123456789', 'application/vnd.oci.image.layer.v1.tar')] });
  const layer = image.blobs[1]!;
  const root = image.manifests[0]!;

  describe(`${name}: a content store`, () => {
    test('gives back what was put in, by tag and by digest, also when it is opened again', async () => {
      const { store, reopen } = await open();
      await fill(store, image, 'v1');
      for (const place of [store, await reopen()]) {
        const bare = {
          mediaType: root.descriptor.mediaType,
          digest: root.descriptor.digest,
          size: root.bytes.length,
        };
        expect(await place.resolve('v1')).toEqual(bare);
        expect(await place.resolve(root.descriptor.digest)).toEqual(bare);
        expect(Buffer.from((await loadManifest(place, 'v1')).bytes)).toEqual(Buffer.from(root.bytes));
        expect(await missing(place, image)).toEqual([]);
      }
    });

    test('says of a second push that the content existed', async () => {
      const { store } = await open();
      expect(await store.exists(layer.descriptor)).toBe(false);
      expect(await store.push(layer.descriptor, bytesSource(layer.bytes))).toBe('uploaded');
      expect(await store.exists(layer.descriptor)).toBe(true);
      expect(await store.push(layer.descriptor, bytesSource(layer.bytes))).toBe('existed');
    });

    test.each([
      ['a part in the middle', { offset: 2, length: 5 }, '23456'],
      ['the end', { offset: 7 }, '789'],
      ['the beginning', { length: 3 }, '012'],
      ['no more than there is', { offset: 8, length: 100 }, '89'],
      ['nothing behind the end', { offset: 10 }, ''],
    ])('reads a range: %s', async (_, range, expected) => {
      const { store } = await open();
      await fill(store, image, 'v1');
      const bytes = await readAll(await store.fetch(layer.descriptor, range), 100);
      expect(Buffer.from(bytes).toString()).toBe(expected);
    });

    test.each([{}, { offset: 0 }])('verifies what is read whole: %j', async (range) => {
      const { store } = await open();
      await fill(store, image, 'v1');
      const read = async (): Promise<Uint8Array> =>
        readAll(await store.fetch({ ...layer.descriptor, size: 11 }, range), 100);
      await expect(read()).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    });

    test('says ERR_LADING_NOT_FOUND of what it does not have', async () => {
      const { store } = await open();
      const code = 'ERR_LADING_NOT_FOUND';
      await expect(store.resolve('v1')).rejects.toMatchObject({ code });
      await expect(store.resolve(root.descriptor.digest)).rejects.toMatchObject({ code });
      await expect(loadManifest(store, 'v1')).rejects.toMatchObject({ code });
      await expect(store.fetch(layer.descriptor)).rejects.toMatchObject({ code });
    });

    test.each([
      ['other bytes', '0123456780'],
      ['too few', '012345678'],
      ['too many', '01234567890'],
    ])('case 47: refuses wrong content and keeps nothing of it: %s', async (_, content) => {
      const { store } = await open();
      const pushed = store.push(layer.descriptor, bytesSource(Buffer.from(content)));
      await expect(pushed).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
      expect(await store.exists(layer.descriptor)).toBe(false);
    });

    test('refuses a manifest of another media type than it says, and one that is none', async () => {
      const { store } = await open();
      const wrong: Descriptor = { ...root.descriptor, mediaType: 'application/vnd.oci.image.index.v1+json' };
      const code = 'ERR_LADING_MANIFEST';
      await expect(store.push(wrong, bytesSource(root.bytes))).rejects.toMatchObject({ code });
      await expect(store.publish(wrong, root.bytes, 'v1')).rejects.toMatchObject({ code });
      await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    });

    test('keeps nothing of content whose source breaks off', async () => {
      const { store } = await open();
      const broken = new Error('the line went dead');
      const open_ = async (): Promise<ReadableStream<Uint8Array>> =>
        ReadableStream.from(
          (async function* () {
            yield layer.bytes.subarray(0, 4);
            throw broken;
          })(),
        );
      await expect(store.push(layer.descriptor, { open: open_ })).rejects.toBe(broken);
      expect(await store.exists(layer.descriptor)).toBe(false);
    });

    test('reads no content that is there already', async () => {
      const { store } = await open();
      await fill(store, image, 'v1');
      let opened = 0;
      await store.push(layer.descriptor, { open: async () => streamOf([layer.bytes.subarray(0, opened++)]) });
      expect(opened).toBe(0);
    });

    test('moves a tag from one manifest to another, and keeps both', async () => {
      const { store } = await open();
      const other = makeImage({ layers: [rawLayer('other', layer.descriptor.mediaType)] });
      await fill(store, image, 'latest');
      await fill(store, image, 'v1');
      await fill(store, other, 'latest');
      expect((await store.resolve('latest')).digest).toBe(other.descriptor.digest);
      expect((await store.resolve('v1')).digest).toBe(image.descriptor.digest);
      expect(await collect(store.tags!())).toEqual(['latest', 'v1']);
    });

    test('publishes a manifest by its digest alone', async () => {
      const { store } = await open();
      for (const { descriptor, bytes } of image.blobs) await store.push(descriptor, bytesSource(bytes));
      await store.publish(root.descriptor, root.bytes, root.descriptor.digest);
      expect(await collect(store.tags!())).toEqual([]);
      expect((await store.resolve(root.descriptor.digest)).digest).toBe(root.descriptor.digest);
    });

    test('case 56: lists referrers of sha256 and sha512 subjects, by type, with their annotations', async () => {
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const { store, reopen } = await open();
        const annotations = { 'org.example.by': 'nobody', 'org.opencontainers.image.ref.name': 'v9' };
        const subject = makeImage({ algorithm });
        const signature = makeReferrer(subject, 'application/vnd.example.signature', {
          annotations,
          algorithm,
        });
        const sbom = makeReferrer(subject, 'application/vnd.example.sbom');
        await fill(store, withReferrers(subject, signature, sbom), 'v1');
        for (const place of [store, await reopen()]) {
          const { digest } = signature.descriptor;
          const artifactType = 'application/vnd.example.signature';
          expect(
            (await collect(place.referrers(subject.descriptor))).map((found) => found.digest).sort(),
          ).toEqual([digest, sbom.descriptor.digest].sort());
          const [found, ...others] = await collect(place.referrers(subject.descriptor, { artifactType }));
          expect(others).toEqual([]);
          expect(found).toMatchObject({ digest, artifactType, annotations: { 'org.example.by': 'nobody' } });
          expect(await collect(place.tags!())).toEqual(['v1']);
          expect(await collect(place.referrers(signature.descriptor))).toEqual([]);
        }
      }
    });

    test('takes many tags at once and loses none', async () => {
      const { store, reopen } = await open();
      await fill(store, image, 'first');
      const tags = Array.from({ length: 25 }, (_, index) => `v${index}`);
      await Promise.all(tags.map((tag) => store.publish(root.descriptor, root.bytes, tag)));
      expect(await collect((await reopen()).tags!())).toEqual(['first', ...tags].sort());
    });

    test('takes the same blob many times at once', async () => {
      const { store } = await open();
      const push = (): Promise<unknown> => store.push(layer.descriptor, bytesSource(layer.bytes));
      await Promise.all(Array.from({ length: 8 }, push));
      expect(Buffer.from(await readAll(await store.fetch(layer.descriptor), 100))).toEqual(
        Buffer.from(layer.bytes),
      );
    });

    test('deletes a tag and leaves the manifest, deletes a manifest with all its tags', async () => {
      const { store } = await open();
      await fill(store, image, 'v1');
      await fill(store, image, 'v2');
      await fill(store, image, 'v3');
      await store.delete!('v1');
      expect(await collect(store.tags!())).toEqual(['v2', 'v3']);
      await store.delete!(root.descriptor.digest);
      expect(await collect(store.tags!())).toEqual([]);
      await expect(store.resolve(root.descriptor.digest)).rejects.toMatchObject({
        code: 'ERR_LADING_NOT_FOUND',
      });
      await expect(store.delete!('v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    });

    test('case 67: an aborted call rejects with the reason as it is', async () => {
      const { store } = await open();
      await fill(store, image, 'v1');
      const reason = { why: 'enough' };
      const signal = AbortSignal.abort(reason);
      await expect(store.resolve('v1', { signal })).rejects.toBe(reason);
      await expect(store.exists(layer.descriptor, { signal })).rejects.toBe(reason);
      await expect(store.fetch(layer.descriptor, { signal })).rejects.toBe(reason);
      await expect(store.push(layer.descriptor, bytesSource(layer.bytes), { signal })).rejects.toBe(reason);
      await expect(store.publish(root.descriptor, root.bytes, 'v2', { signal })).rejects.toBe(reason);
      await expect(collect(store.referrers(root.descriptor, { signal }))).rejects.toBe(reason);
      expect(await collect(store.tags!())).toEqual(['v1']);
    });

    if (!sharedTags) {
      test('has no tags that several writers share', async () => {
        expect((await open()).store.updateTag).toBeUndefined();
      });
    } else sharedTagContract(open);

    if (!indexes) return;
    test('resolves the children of an index by digest, which no tag names', async () => {
      const { store, reopen } = await open();
      await fill(store, makeIndex([image, makeImage({ platform: 'linux/arm64' })]), 'v1');
      for (const place of [store, await reopen()]) {
        expect(await place.resolve(root.descriptor.digest)).toMatchObject({ size: root.bytes.length });
        expect(await collect(place.tags!())).toEqual(['v1']);
      }
    });
  });
}

/** What holds for a tag that many extend: `cosign` keeps the signatures of all signers in one manifest. */
function sharedTagContract(open: () => Promise<StoreUnderTest>): void {
  const tag = 'sha256-0.sig';

  test('signing case 20: ten writers extend one tag at once, and none is lost', async () => {
    const { store, reopen } = await open();
    const names = Array.from({ length: 10 }, (_, index) => `signer ${index}`);
    await Promise.all(names.map((name) => store.updateTag!(tag, adding(name))));
    for (const place of [store, await reopen()]) {
      expect((await entriesUnder(place, tag)).toSorted()).toEqual(names.toSorted());
    }
  });

  test('signing case 20: what is there already is not written again, and what others do meanwhile is seen', async () => {
    const { store } = await open();
    await store.updateTag!(tag, adding('one'));
    const { digest } = await store.resolve(tag);
    let asked = 0;
    await store.updateTag!(tag, async (current) => {
      asked += 1;
      return adding('one')(current);
    });
    expect({ asked, digest: (await store.resolve(tag)).digest }).toEqual({ asked: 1, digest });
    const seen: string[][] = [];
    await store.updateTag!(tag, async (current) => {
      seen.push(entriesOf(current));
      // Another tool writes between the look and the write.
      if (seen.length === 1) {
        const foreign = listManifest(['one', 'foreign']);
        await store.publish(foreign.descriptor, foreign.bytes, tag);
      }
      return adding('two')(current);
    });
    expect(seen.slice(0, 2)).toEqual([['one'], ['one', 'foreign']]);
    expect(await entriesUnder(store, tag)).toEqual(['one', 'foreign', 'two']);
  });

  test('signing case 20: a shared tag is deleted, unless someone has extended it meanwhile', async () => {
    const { store } = await open();
    await store.updateTag!(tag, async () => 'delete');
    await store.updateTag!(tag, adding('one'));
    let asked = 0;
    await store.updateTag!(tag, async (current) => {
      if (++asked === 1) await store.updateTag!('other', adding('unrelated'));
      if (asked === 1) {
        const foreign = listManifest(['one', 'foreign']);
        await store.publish(foreign.descriptor, foreign.bytes, tag);
      }
      return entriesOf(current).includes('foreign') ? undefined : 'delete';
    });
    expect(await entriesUnder(store, tag)).toEqual(['one', 'foreign']);
    await store.updateTag!(tag, async (current) => (current === undefined ? undefined : 'delete'));
    await expect(store.resolve(tag)).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    expect(await collect(store.tags!())).toEqual(['other']);
  });

  test('signing case 20: an error of the change is thrown as it is, and the next writer gets its turn', async () => {
    const { store } = await open();
    const wrong = new Error('not what it should be');
    const failing = store.updateTag!(tag, () => Promise.reject(wrong));
    const next = store.updateTag!(tag, adding('one'));
    await expect(failing).rejects.toBe(wrong);
    await next;
    expect(await entriesUnder(store, tag)).toEqual(['one']);
    const reason = { why: 'enough' };
    const signal = AbortSignal.abort(reason);
    await expect(store.updateTag!(tag, adding('two'), { signal })).rejects.toBe(reason);
    expect(await entriesUnder(store, tag)).toEqual(['one']);
  });
}

/** A manifest that lists names in an annotation, as a stand-in for whatever a tag collects. */
function listManifest(names: readonly string[]): LoadedManifest {
  const { descriptor, bytes } = makeIndex([], { annotations: { names: names.join(',') } }).manifests[0]!;
  return { descriptor, bytes };
}

function entriesOf(current: LoadedManifest | undefined): string[] {
  if (current === undefined) return [];
  const { names } = JSON.parse(Buffer.from(current.bytes).toString()).annotations;
  return names.split(',');
}

function adding(name: string): ChangeTag {
  return async (current) => {
    const names = entriesOf(current);
    return names.includes(name) ? undefined : listManifest([...names, name]);
  };
}

async function entriesUnder(store: ContentStore, tag: string): Promise<string[]> {
  return entriesOf(await loadManifest(store, tag));
}
