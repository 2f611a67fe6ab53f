import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ConformanceKind, conformanceImages } from '@lading/testkit';
import {
  type ContentStore,
  copy,
  type LocalStore,
  memoryStore,
  openLayout,
  openOciArchive,
} from '../src/index.ts';
import { fill, missing } from './doubles/images.ts';
import { temporaryFolder } from './doubles/temporary.ts';

const kinds = [...conformanceImages().keys()];

/** Into a place, and out of it again as it is found there later. */
const places: Record<string, (put: (store: ContentStore) => Promise<void>) => Promise<LocalStore>> = {
  'a layout folder': async (put) => {
    const directory = join(await temporaryFolder(), 'layout');
    await put(await openLayout(directory, { create: true }));
    return openLayout(directory, { readOnly: true });
  },
  'an OCI archive': async (put) => {
    const file = join(await temporaryFolder(), 'image.tar');
    {
      await using archive = await openOciArchive(file, { create: true });
      await put(archive);
    }
    return openOciArchive(file, { readOnly: true });
  },
};

describe.each(Object.entries(places))('from memory into %s and back', (_, through) => {
  test.each(kinds)('%s: the same bytes', async (kind: ConformanceKind) => {
    const image = conformanceImages().get(kind)!;
    const options = { referrers: true, sparse: kind === 'sparse' };
    const source = memoryStore('source');
    const destination = memoryStore('destination');
    await fill(source, image, 'v1');
    await using between = await through(async (store) => {
      await copy(source, 'v1', store, 'v2', options);
    });
    const { digest } = await copy(between, 'v2', destination, 'v3', options);
    expect(digest).toBe(image.descriptor.digest);
    expect(await missing(destination, image)).toEqual([]);
  });
});
