import { describe, expect, test } from '@jest/globals';
import type { Digest } from '@lading/oci';
import type { Bom, Package } from '../../src/bom.ts';
import { withoutBase } from '../../src/catalogue/base.ts';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

function deb(name: string, version: string, more: Partial<Package> = {}): Package {
  return {
    id: `deb/${name}@${version}`,
    type: 'deb',
    name,
    version,
    licenses: [],
    evidence: [{ path: 'var/lib/dpkg/status', cataloguer: 'dpkg' }],
    ...more,
  };
}

function npm(path: string, id: string = path): Package {
  return {
    id,
    type: 'npm',
    name: 'semver',
    version: '7.0.0',
    licenses: [],
    evidence: [{ path, cataloguer: 'npm' }],
  };
}

function bom(name: string, packages: Package[], dependencies: Bom['dependencies'] = []): Bom {
  return {
    subject: {
      name,
      descriptor: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digest(name.slice(0, 1)),
        size: 7,
      },
      layers: [],
    },
    os: { id: 'debian', versionId: '12' },
    packages,
    dependencies,
    notes: [{ code: 'partial', message: 'one file' }],
  };
}

const base = bom('base', [deb('openssl', '3.0.11'), deb('libc6', '2.36'), npm('usr/lib/a/package.json')]);

describe('withoutBase', () => {
  test('leaves out what the base has, keeps what is new, upgraded, or stands elsewhere', () => {
    const image = bom('app', [
      deb('openssl', '3.0.13'),
      deb('libc6', '2.36'),
      deb('curl', '7.88'),
      npm('usr/lib/a/package.json'),
      npm('app/a/package.json'),
    ]);
    expect(withoutBase(image, base).packages.map(({ id }) => id)).toEqual([
      'deb/openssl@3.0.13',
      'deb/curl@7.88',
      'app/a/package.json',
    ]);
  });

  test('says which base that was, and keeps everything else', () => {
    const image = bom('app', []);
    expect(withoutBase(image, base)).toEqual({
      ...image,
      subject: { ...image.subject, base: { name: 'base', descriptor: base.subject.descriptor } },
    });
  });

  test('dependencies on what is left out go with it', () => {
    const image = bom(
      'app',
      [deb('libc6', '2.36'), deb('curl', '7.88'), deb('libcurl4', '7.88')],
      [
        { from: 'root', to: 'deb/curl@7.88' },
        { from: 'root', to: 'deb/libc6@2.36' },
        { from: 'deb/curl@7.88', to: 'deb/libcurl4@7.88' },
        { from: 'deb/curl@7.88', to: 'deb/libc6@2.36' },
        { from: 'deb/libc6@2.36', to: 'deb/curl@7.88' },
      ],
    );
    expect(withoutBase(image, base).dependencies).toEqual([
      { from: 'root', to: 'deb/curl@7.88' },
      { from: 'deb/curl@7.88', to: 'deb/libcurl4@7.88' },
    ]);
  });

  test('ids play no part: they are made for each image anew', () => {
    const image = bom('app', [
      npm('usr/lib/a/package.json', 'another'),
      { ...npm('b/package.json'), id: 'deb/libc6@2.36' },
    ]);
    expect(withoutBase(image, base).packages.map(({ id }) => id)).toEqual(['deb/libc6@2.36']);
  });

  test('another architecture or distribution is another package, another release of it is not', () => {
    const arm = deb('libc6', '2.36', { qualifiers: { arch: 'arm64' } });
    expect(withoutBase(bom('app', [arm]), base).packages).toEqual([arm]);
    const of = (id: string, versionId: string): Bom => ({
      ...bom('app', [deb('libc6', '2.36')]),
      os: { id, versionId },
    });
    expect(withoutBase(of('ubuntu', '12'), base).packages).toHaveLength(1);
    expect(withoutBase(of('debian', '12.1'), base).packages).toEqual([]);
  });

  test('more that tells of a package of the base does not make it a new one', () => {
    const pkg = deb('libc6', '2.36');
    const seenTwice = { ...pkg, evidence: [...pkg.evidence, { path: 'opt/sbom.json', cataloguer: 'sbom' }] };
    expect(withoutBase(bom('app', [seenTwice]), base).packages).toEqual([]);
  });

  test('a program that the base has at one place, and the image at another one as well, stays', () => {
    const node = (...paths: string[]): Package => ({
      id: 'node',
      type: 'binary',
      name: 'node',
      version: '24.0.0',
      licenses: [],
      evidence: paths.map((path) => ({ path, cataloguer: 'binary' })),
    });
    const below = bom('base', [node('usr/bin/node', 'usr/bin/nodejs')]);
    expect(withoutBase(bom('app', [node('usr/bin/node')]), below).packages).toEqual([]);
    expect(withoutBase(bom('app', [node('usr/bin/node', 'opt/bin/node')]), below).packages).toHaveLength(1);
  });

  test('packages without a purl or a place are compared by what they have', () => {
    const bare: Package = { id: 'x', type: 'npm', name: '', licenses: [], evidence: [] };
    expect(withoutBase(bom('app', [bare]), bom('base', [{ ...bare, id: 'y' }])).packages).toEqual([]);
    expect(withoutBase(bom('app', [{ ...bare, version: '1' }]), bom('base', [bare])).packages).toHaveLength(
      1,
    );
  });

  test('an image is nothing more than itself', () => {
    expect(withoutBase(base, base).packages).toEqual([]);
    expect(withoutBase(base, bom('scratch', [])).packages).toEqual(base.packages);
  });
});
