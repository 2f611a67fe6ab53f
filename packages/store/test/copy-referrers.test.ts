import { describe, expect, test } from '@jest/globals';
import { cosignTags, type Descriptor, digestOf, parsePlatform } from '@lading/oci';
import {
  makeArtifact,
  makeImage,
  makeIndex,
  makeReferrer,
  rawLayer,
  type TestImage,
  withReferrers,
} from '@lading/testkit';
import { type ContentStore, type CopyEvent, copy, memoryStore } from '../src/index.ts';
import { startHost } from './doubles/host.ts';
import { collect, fill, missing } from './doubles/images.ts';

const signatureType = 'application/vnd.example.signature';

/** What cosign keeps under a tag: an image with a layer for each signature. */
function signatures(...names: readonly string[]): TestImage {
  const layers = names.map((name) => rawLayer(name, 'application/vnd.dev.cosign.simplesigning.v1+json'));
  return makeArtifact('application/vnd.example.none', { layers });
}

async function both(
  image: TestImage,
): Promise<{ source: ContentStore; destination: ContentStore; events: CopyEvent[] }> {
  const source = memoryStore('source');
  await fill(source, image, 'v1');
  return { source, destination: memoryStore('destination'), events: [] };
}

describe('referrers', () => {
  test('case 62: of the root, of each child, and of other referrers are copied, each once', async () => {
    const [amd64, arm64] = [makeImage(), makeImage({ platform: 'linux/arm64' })];
    const index = makeIndex([amd64, arm64]);
    const sbom = makeReferrer(arm64, 'application/vnd.example.sbom');
    const ofSbom = makeReferrer(sbom, signatureType);
    const ofThat = makeReferrer(ofSbom, signatureType);
    const image = withReferrers(index, makeReferrer(index, signatureType), sbom, ofSbom, ofThat);
    const { destination } = await both(index);
    const source = startHost('a').repository('x');
    await fill(source.inner, image, 'v1');
    await copy(source, 'v1', destination, 'v1', { referrers: true });
    expect(await missing(destination, image)).toEqual([]);
    expect(new Set(source.requests).size).toBe(source.requests.length);
    const [found] = await collect(destination.referrers(ofSbom.descriptor));
    expect(found?.digest).toBe(ofThat.descriptor.digest);
  });

  test('case 62: a cycle in the lists of a server ends', async () => {
    const [a, b] = [makeReferrer(makeImage(), signatureType), makeImage()];
    const { source, destination } = await both(withReferrers(b, a));
    const looping: ContentStore = {
      ...source,
      async *referrers(subject) {
        yield subject.digest === b.descriptor.digest ? a.descriptor : b.descriptor;
      },
    };
    await copy(looping, 'v1', destination, 'v1', { referrers: true });
    expect(await missing(destination, withReferrers(b, a))).toEqual([]);
  });

  test('stay where they are when nobody asks for them', async () => {
    const image = makeImage();
    const referrer = makeReferrer(image, signatureType);
    const { source, destination } = await both(withReferrers(image, referrer));
    await copy(source, 'v1', destination, 'v1');
    expect(await destination.exists(referrer.descriptor)).toBe(false);
  });

  test('are there before the tag moves, and after their subject', async () => {
    const image = makeImage();
    const referrer = makeReferrer(image, signatureType);
    const source = memoryStore('source');
    await fill(source, withReferrers(image, referrer), 'v1');
    const destination = startHost('b').repository('y');
    await copy(source, 'v1', destination, 'v1', { referrers: true });
    const position = ({ digest }: Descriptor): number =>
      destination.requests.indexOf(`PUT ${digest.slice(0, 15)}`);
    expect(position(image.descriptor)).toBeGreaterThan(0);
    expect(position(referrer.descriptor)).toBeGreaterThan(position(image.descriptor));
    expect(destination.requests.at(-1)).toBe('PUT v1');
  });

  test('that came after the image are found when the tag is up to date, for a few questions and no blob', async () => {
    const image = makeIndex([makeImage()]);
    const { source, destination } = await both(image);
    await copy(source, 'v1', destination, 'v1', { referrers: true });
    const late = makeReferrer(image, signatureType);
    await fill(source, late, 'late');
    expect(await copy(source, 'v1', destination, 'v1', { referrers: true })).toMatchObject({
      changed: false,
    });
    expect(await missing(destination, late)).toEqual([]);
  });

  test('that a list names and the source has not are left out with a notice', async () => {
    const image = makeImage();
    const { source, destination, events } = await both(image);
    const stale: ContentStore = {
      ...source,
      async *referrers(subject) {
        if (subject.digest === image.descriptor.digest) yield makeReferrer(image, signatureType).descriptor;
      },
    };
    await copy(stale, 'v1', destination, 'v1', { referrers: true, onEvent: (event) => events.push(event) });
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'missing-manifest' }));
    expect(await missing(destination, image)).toEqual([]);
  });

  test('a list without an end is an error', async () => {
    const { source, destination } = await both(makeImage());
    const endless: ContentStore = {
      ...source,
      async *referrers(subject) {
        for (;;) yield subject;
      },
    };
    const copied = copy(endless, 'v1', destination, 'v1', { referrers: true });
    await expect(copied).rejects.toMatchObject({ code: 'ERR_LADING_MANIFEST', origin: 'source' });
  });
});

describe("cosign's tags", () => {
  test('are copied for the root and for each child, asked for by name', async () => {
    const child = makeImage();
    const image = makeIndex([child]);
    const source = startHost('a').repository('x');
    await fill(source.inner, image, 'v1');
    const tags = [image, child].flatMap(({ descriptor }) => cosignTags(descriptor.digest));
    for (const tag of tags) await fill(source.inner, signatures(tag), tag);
    const destination = memoryStore('destination');
    await copy(source, 'v1', destination, 'v1', { referrers: true });
    expect(await collect(destination.tags!())).toEqual([...tags, 'v1'].sort());
    for (const tag of tags) expect(await missing(destination, signatures(tag))).toEqual([]);
    expect(source.requests).not.toContain('GET tags/list');
  });

  test.each([
    ['the destination has one more: it is kept', ['theirs'], ['theirs', 'ours'], ['theirs', 'ours']],
    ['the source has one more: it comes along', ['theirs', 'new'], ['theirs'], ['theirs', 'new']],
  ])('signatures that were made at the destination do not get lost: %s', async (_, at, there, expected) => {
    const image = makeImage();
    const { source, destination, events } = await both(image);
    const tag = cosignTags(image.descriptor.digest)[0]!;
    await fill(source, signatures(...at), tag);
    await fill(destination, signatures(...there), tag);
    await copy(source, 'v1', destination, 'v1', {
      referrers: true,
      onEvent: (event) => events.push(event),
    });
    const { digest } = await destination.resolve(tag);
    expect(digest).toBe(signatures(...expected).descriptor.digest);
    expect(
      events.filter((event) => event.type === 'notice' && event.code === 'signatures-differ'),
    ).toHaveLength(0);
  });

  /** Two signers of one image: the payload is the same, and so is its digest. */
  function signedBy(...names: readonly string[]): TestImage {
    const base = signatures('payload');
    const root = base.manifests.at(-1)!;
    const document = JSON.parse(Buffer.from(root.bytes).toString());
    const layers = names.map((signature) => ({ ...document.layers[0], annotations: { signature } }));
    const bytes = Buffer.from(JSON.stringify({ ...document, layers }));
    const descriptor = { ...root.descriptor, digest: digestOf(bytes), size: bytes.byteLength };
    return { ...base, descriptor, manifests: [{ descriptor, bytes }] };
  }

  test.each([
    ['each side has one of its own', ['theirs'], ['ours'], ['ours', 'theirs']],
    ['both have one, and each one more', ['both', 'theirs'], ['both', 'ours'], ['both', 'ours', 'theirs']],
  ])('are put together, and none is taken for another: %s', async (_, at, there, expected) => {
    const image = makeImage();
    const { source, destination } = await both(image);
    const tag = cosignTags(image.descriptor.digest)[0]!;
    await fill(source, signedBy(...at), tag);
    await fill(destination, signedBy(...there), tag);
    await copy(source, 'v1', destination, 'v1', { referrers: true });
    const held = await destination.load!(tag);
    const { layers } = JSON.parse(Buffer.from(held.bytes).toString());
    expect(layers.map((layer: Descriptor) => layer.annotations?.signature)).toEqual(expected);
    await copy(source, 'v1', destination, 'v1', { referrers: true });
    expect((await destination.resolve(tag)).digest).toBe(held.descriptor.digest);
  });

  test('are put together also when somebody signs at the destination while they are on their way', async () => {
    const image = makeImage();
    const { source, destination } = await both(image);
    const tag = cosignTags(image.descriptor.digest)[0]!;
    await fill(source, signedBy('theirs'), tag);
    const signedMeanwhile: ContentStore = {
      ...destination,
      async resolve(reference, options) {
        const seen = destination.resolve(reference, options);
        if (reference === tag) await seen.catch(() => fill(destination, signedBy('ours'), tag));
        return seen;
      },
    };
    await copy(source, 'v1', signedMeanwhile, 'v1', { referrers: true });
    const held = await destination.load!(tag);
    const { layers } = JSON.parse(Buffer.from(held.bytes).toString());
    expect(layers.map((layer: Descriptor) => layer.annotations?.signature)).toEqual(['ours', 'theirs']);
  });

  test('stay as they are, with a notice, where the destination could lose some', async () => {
    const image = makeImage();
    const { source, destination, events } = await both(image);
    const tag = cosignTags(image.descriptor.digest)[0]!;
    await fill(source, signedBy('theirs'), tag);
    await fill(destination, signedBy('ours'), tag);
    const { digest } = await destination.resolve(tag);
    const onEvent = (event: CopyEvent): void => void events.push(event);
    await copy(source, 'v1', { ...destination, updateTag: undefined as never }, 'v1', {
      referrers: true,
      onEvent,
    });
    expect((await destination.resolve(tag)).digest).toBe(digest);
    expect(events.some((event) => event.type === 'notice' && event.code === 'signatures-differ')).toBe(true);
  });
});

describe('platforms', () => {
  const [amd64, arm64, arm7] = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'].map((platform) =>
    makeImage({ platform }),
  );
  const image = makeIndex([amd64!, arm64!, arm7!]);
  const platforms = ['linux/amd64', 'linux/arm/v7'].map(parsePlatform);

  test('make a dense index of their own, whose digest is the same each time', async () => {
    const { source, destination } = await both(image);
    const result = await copy(source, 'v1', destination, 'v1', { platforms });
    expect(result.digest).not.toBe(image.descriptor.digest);
    expect(await missing(destination, amd64!)).toEqual([]);
    expect(await destination.exists(arm64!.descriptor)).toBe(false);
    const again = await copy(source, 'v1', destination, 'v1', { platforms });
    expect(again).toMatchObject({ digest: result.digest, changed: false });
  });

  test('cost one read and one question when there is nothing to do', async () => {
    const source = startHost('a').repository('x');
    const destination = startHost('b').repository('y');
    await fill(source.inner, image, 'v1');
    await copy(source, 'v1', destination, 'v1', { platforms });
    const before = [source.requests.length, destination.requests.length];
    await copy(source, 'v1', destination, 'v1', { platforms });
    expect(source.requests.slice(before[0])).toEqual(['GET v1']);
    expect(destination.requests.slice(before[1])).toEqual(['HEAD v1']);
  });

  test('within one repository write the new index and nothing else', async () => {
    const source = startHost('a').repository('x');
    await fill(source.inner, image, 'v1');
    await copy(source, 'v1', source, 'small', { platforms });
    expect(source.requests).toEqual(['GET v1', 'PUT small']);
  });

  test('that the image does not have are an error before anything is written', async () => {
    const { source } = await both(image);
    const destination = startHost('b').repository('y');
    const wanted = { platforms: [parsePlatform('windows/amd64')] };
    const refused = {
      code: 'ERR_LADING_PLATFORM',
      origin: 'source',
      hint: expect.stringContaining('linux/arm64'),
    };
    await expect(copy(source, 'v1', destination, 'v1', wanted)).rejects.toMatchObject(refused);
    await fill(source, amd64!, 'single');
    const single = { platforms: [parsePlatform('linux/arm64')] };
    await expect(copy(source, 'single', destination, 'v1', single)).rejects.toMatchObject({
      code: 'ERR_LADING_PLATFORM',
    });
    expect(destination.requests.filter((request) => request.startsWith('P'))).toEqual([]);
  });

  test('let a single image of the right platform and an artifact through as they are', async () => {
    const artifact = makeArtifact(signatureType);
    const { source, destination } = await both(amd64!);
    await fill(source, artifact, 'artifact');
    const wanted = { platforms: [parsePlatform('linux/amd64')] };
    expect((await copy(source, 'v1', destination, 'v1', wanted)).digest).toBe(amd64!.descriptor.digest);
    expect((await copy(source, 'artifact', destination, 'v2', wanted)).digest).toBe(
      artifact.descriptor.digest,
    );
  });

  test('a notice says that referrers of the whole index cannot follow; those of the children do', async () => {
    const ofIndex = makeReferrer(image, signatureType);
    const ofChild = makeReferrer(amd64!, signatureType);
    const { source, destination, events } = await both(withReferrers(image, ofIndex, ofChild));
    const onEvent = (event: CopyEvent): void => void events.push(event);
    const { digest } = await copy(source, 'v1', destination, 'v1', { platforms, referrers: true, onEvent });
    const found = await collect(destination.referrers(amd64!.descriptor));
    expect(found.map((referrer: Descriptor) => referrer.digest)).toEqual([ofChild.descriptor.digest]);
    expect(await destination.exists(ofIndex.descriptor)).toBe(false);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'notice',
        code: 'referrers-left-behind',
        message: expect.stringContaining(`${image.descriptor.digest} (1)`),
      }),
    );
    expect(await destination.resolve('v1')).toMatchObject({ digest });
  });

  test('annotations make a new root of an image, too, and leave all else alone', async () => {
    const { source, destination } = await both(amd64!);
    const annotations = { 'org.example.team': 'storage' };
    await copy(source, 'v1', destination, 'v1', { annotations });
    const { bytes } = await destination.load!('v1');
    const document = JSON.parse(Buffer.from(bytes).toString());
    const { annotations: added, ...rest } = document;
    expect(added).toMatchObject({ ...annotations, 'dev.lading.source.digest': amd64!.descriptor.digest });
    expect(rest).toEqual(JSON.parse(Buffer.from(amd64!.manifests[0]!.bytes).toString()));
  });
});
