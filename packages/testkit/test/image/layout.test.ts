import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestHex } from '@lading/oci';
import { makeImage, writeLayout } from '../../src/index.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'testkit-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function tagged(): Promise<readonly (readonly [string | undefined, string])[]> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  return index.manifests.map((entry: { annotations: Record<string, string>; digest: string }) => [
    entry.annotations['org.opencontainers.image.ref.name'],
    entry.digest,
  ]);
}

test('a layout holds every blob and manifest under its digest, and one entry for each tag', async () => {
  const [one, two] = [makeImage(), makeImage({ platform: 'linux/arm64' })];
  await writeLayout(folder, one, 'one');
  await writeLayout(folder, two, 'two');
  await writeLayout(folder, two, 'one');
  expect(await tagged()).toEqual([
    ['two', two.descriptor.digest],
    ['one', two.descriptor.digest],
  ]);
  expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).toEqual({
    imageLayoutVersion: '1.0.0',
  });
  for (const { descriptor, bytes } of [...one.blobs, ...one.manifests]) {
    const held = await readFile(join(folder, 'blobs', 'sha256', digestHex(descriptor.digest)));
    expect(Buffer.compare(held, bytes)).toBe(0);
  }
});
