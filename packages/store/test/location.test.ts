import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isLadingError } from '@lading/oci';
import { makeImage, makeIndex, makeReferrer, withReferrers } from '@lading/testkit';
import fc from 'fast-check';
import { copy, type LocalLocation, memoryStore, openLocalStore, parseLocation } from '../src/index.ts';
import { fill } from './doubles/images.ts';
import { temporaryFolder } from './doubles/temporary.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseLocation', () => {
  test.each([
    ['oci:out', { kind: 'oci', path: 'out' }],
    ['oci:./out:v1', { kind: 'oci', path: './out', tag: 'v1' }],
    ['oci:/tmp/a b:c/out', { kind: 'oci', path: '/tmp/a b:c/out' }],
    ['oci:/tmp/a:b/out:v1', { kind: 'oci', path: '/tmp/a:b/out', tag: 'v1' }],
    [`oci:out@${digest}`, { kind: 'oci', path: 'out', digest }],
    ['oci:me@home/out', { kind: 'oci', path: 'me@home/out' }],
    [`oci-archive:a.tar@${digest}`, { kind: 'oci-archive', path: 'a.tar', digest }],
    ['oci-archive:a.tar:v1', { kind: 'oci-archive', path: 'a.tar', tag: 'v1' }],
    ['docker-archive:a.tar', { kind: 'docker-archive', path: 'a.tar' }],
    ['docker-archive:a.tar:v1', { kind: 'docker-archive', path: 'a.tar', reference: 'v1' }],
    ['docker-archive:a.tar:alpine:3.17', { kind: 'docker-archive', path: 'a.tar', reference: 'alpine:3.17' }],
    [
      'docker-archive:a.tar:localhost:5000/x/y:1',
      { kind: 'docker-archive', path: 'a.tar', reference: 'localhost:5000/x/y:1' },
    ],
    ['docker-archive:C:\\a.tar:x:1', { kind: 'docker-archive', path: 'C:\\a.tar', reference: 'x:1' }],
    [
      'alpine:3.17',
      { kind: 'registry', reference: { host: 'docker.io', repository: 'library/alpine', tag: '3.17' } },
    ],
    ['oci/alpine', { kind: 'registry', reference: { host: 'docker.io', repository: 'oci/alpine' } }],
  ])('%s', (text, expected) => {
    expect(parseLocation(text)).toEqual(expected);
  });

  test.each(['oci:', 'oci::v1', `oci-archive:@${digest}`, 'docker-archive:', 'docker-archive::x:1'])(
    '%s names no file or folder',
    (text) => {
      expect(() => parseLocation(text)).toThrow(expect.objectContaining({ code: 'ERR_LADING_REFERENCE' }));
    },
  );

  test('a wrong digest is told as such', () => {
    expect(() => parseLocation('oci:out@sha256:abc')).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_DIGEST' }),
    );
  });

  test('any text is a location or a LadingError', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('oci:', 'oci-archive:', 'docker-archive:'), fc.string())
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        try {
          expect(parseLocation(candidate).kind).toMatch(/^(registry|oci|oci-archive|docker-archive)$/);
        } catch (error) {
          if (!isLadingError(error)) throw error;
        }
      }),
    );
  });
});

describe('openLocalStore', () => {
  const image = makeImage();

  async function written(kind: LocalLocation['kind'], tag: string): Promise<string> {
    const path = join(await temporaryFolder(), 'place');
    const source = memoryStore();
    await fill(source, image, 'v1');
    const { store, reference } = await openLocalStore(
      parseLocation(`${kind}:${path}${tag}`) as LocalLocation,
      {
        access: 'write',
      },
    );
    await copy(source, 'v1', store, reference);
    await store[Symbol.asyncDispose]();
    return path;
  }

  test.each(['oci', 'oci-archive', 'docker-archive'] as const)(
    '%s: what was written is read again',
    async (kind) => {
      for (const tag of ['', ':v7']) {
        const path = await written(kind, tag);
        for (const wanted of [
          '',
          tag || ':latest',
          ...(kind === 'docker-archive' ? [] : [`@${image.descriptor.digest}`]),
        ]) {
          const location = parseLocation(`${kind}:${path}${wanted}`) as LocalLocation;
          const { store, reference } = await openLocalStore(location, { access: 'read' });
          expect(await store.resolve(reference)).toMatchObject({ digest: image.descriptor.digest });
          await expect(
            store.publish(image.descriptor, image.manifests[0]!.bytes, 'v2'),
          ).rejects.toMatchObject({
            code: 'ERR_LADING_UNSUPPORTED',
          });
          await store[Symbol.asyncDispose]();
        }
      }
    },
  );

  test.each(['oci', 'oci-archive', 'docker-archive'] as const)(
    '%s: what is not there is not found',
    async (kind) => {
      const location = { kind, path: join(await temporaryFolder(), 'nothing') };
      await expect(openLocalStore(location, { access: 'read' })).rejects.toMatchObject({
        code: 'ERR_LADING_NOT_FOUND',
      });
    },
  );

  test('of several images one has to be named; referrers do not count', async () => {
    const path = join(await temporaryFolder(), 'layout');
    const { store } = await openLocalStore({ kind: 'oci', path }, { access: 'write' });
    const index = makeIndex([image]);
    const location = { kind: 'oci', path } as const;
    await expect(openLocalStore(location, { access: 'read' })).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
    });
    await fill(store, withReferrers(index, makeReferrer(index, 'application/vnd.example.signature')), 'v1');
    const cosign = `${index.descriptor.digest.replace(':', '-')}.sig`;
    await fill(store, makeReferrer(image, 'application/vnd.example.other'), cosign);
    expect((await openLocalStore(location, { access: 'read' })).reference).toBe(index.descriptor.digest);
    await fill(store, image, 'v2');
    await expect(openLocalStore(location, { access: 'read' })).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
      hint: expect.stringContaining('v1, v2'),
    });
  });

  test('a file is no folder, and a folder of other things is no layout', async () => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, 'notes.txt'), 'mine');
    for (const access of ['read', 'write'] as const) {
      for (const path of [directory, join(directory, 'notes.txt')]) {
        const opened = openLocalStore({ kind: 'oci', path }, { access });
        await expect(opened).rejects.toMatchObject({ code: 'ERR_LADING_LAYOUT' });
      }
    }
  });
});
