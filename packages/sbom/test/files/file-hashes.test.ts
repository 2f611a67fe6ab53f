import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { fileLayer, makeImage } from '@lading/testkit';
import { catalogue, cycloneDxJson, defaultCataloguers, fileHashes, parseCycloneDx } from '../../src/index.ts';
import { debian12, dpkgStatus, stored } from '../catalogue/stored.ts';

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const base = fileLayer({
  'etc/os-release': debian12,
  lib: { symlink: 'usr/lib' },
  'var/lib/dpkg/status': dpkgStatus('libx'),
  'var/lib/dpkg/info/libx.list': '/.\n/lib/libx.so.1\n/usr/share/doc/libx/readme\n/usr/share/libx/gone\n',
  'usr/lib/libx.so.1': 'first',
  'usr/share/doc/libx/readme': '',
  'usr/share/libx/gone': 'gone',
  'srv/nobodys': 'x',
});
const top = fileLayer({ 'usr/lib/libx.so.1': 'patched', 'usr/share/libx/.wh.gone': '' });
const image = makeImage({ layers: [base, top] });

describe('hashes of files', () => {
  test('are there when asked for, of the files that are in the image in the end', async () => {
    const { store } = await stored(image);
    const cataloguers = [...defaultCataloguers, fileHashes];
    const bom = await catalogue(store, image.descriptor.digest, { cataloguers });
    const expected = {
      'file.lib/libx.so.1': sha256('patched'),
      'file.usr/share/doc/libx/readme': sha256(''),
    };
    expect(bom.packages).toMatchObject([{ name: 'libx', properties: expected }]);
    expect(Object.keys(bom.packages[0]!.properties!).filter((key) => key.startsWith('file.'))).toHaveLength(
      2,
    );
    const text = [...cycloneDxJson(bom, { tool: { name: 'lading', version: '0' } })].join('');
    expect(parseCycloneDx(text).packages[0]!.properties).toMatchObject(expected);
  });

  test('cost nothing when nobody asks', async () => {
    const { store } = await stored(image);
    const bom = await catalogue(store, image.descriptor.digest);
    expect(bom.packages[0]!.properties ?? {}).not.toHaveProperty(['file.lib/libx.so.1']);
  });
});
