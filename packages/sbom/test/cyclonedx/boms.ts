import type { Bom, Package } from '../../src/index.ts';

export const digestOf = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;

export const tool = { name: 'lading', version: '1.2.3', vendor: 'lading' };

export function pkg(parts: Partial<Package> & Pick<Package, 'id' | 'type' | 'name'>): Package {
  return { licenses: [], evidence: [], ...parts };
}

export function bomOf(parts: Partial<Bom>): Bom {
  return {
    subject: {
      name: 'ghcr.io/acme/app',
      descriptor: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf('a'),
        size: 1234,
      },
      layers: [],
    },
    packages: [],
    dependencies: [],
    notes: [],
    ...parts,
  };
}

const layers = [
  { digest: digestOf('1'), diffId: digestOf('2'), size: 100, createdBy: '/bin/sh -c #(nop) ADD file:… in /' },
  { digest: digestOf('3'), diffId: digestOf('4'), size: 200 },
];

/** An image with a bit of everything. */
export const debianImage: Bom = bomOf({
  subject: {
    name: 'ghcr.io/acme/app',
    descriptor: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf('a'),
      size: 1234,
    },
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    created: new Date('2026-03-01T12:30:45.678Z'),
    layers,
  },
  os: {
    id: 'debian',
    versionId: '12',
    name: 'Debian GNU/Linux',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    idLike: ['a', 'b'],
    cpe: 'cpe:/o:debian:debian_linux:12',
    homepage: 'https://www.debian.org/',
  },
  packages: [
    pkg({
      id: 'deb:libssl3',
      type: 'deb',
      name: 'libssl3',
      version: '3.0.11-1~deb12u2',
      qualifiers: { arch: 'armhf' },
      licenses: [{ expression: 'Apache-2.0' }, { expression: 'MIT OR Artistic-2.0' }],
      description: 'Secure Sockets Layer toolkit',
      homepage: 'https://www.openssl.org/',
      supplier: 'Debian OpenSSL Team <pkg-openssl-devel@lists.example.org>',
      source: { name: 'openssl', version: '3.0.11', release: '1~deb12u2', epoch: 0 },
      hashes: [
        { algorithm: 'MD5', value: 'd'.repeat(32) },
        { algorithm: 'SHA-1', value: 'e'.repeat(40) },
        { algorithm: 'SHA-256', value: 'f'.repeat(64) },
        { algorithm: 'SHA-384', value: '0'.repeat(96) },
        { algorithm: 'SHA-512', value: '1'.repeat(128) },
      ],
      evidence: [
        {
          path: 'var/lib/dpkg/status',
          layer: { index: 0, diffId: digestOf('2') },
          cataloguer: 'dpkg',
        },
        {
          path: 'usr/share/doc/libssl3/copyright',
          layer: { index: 1, diffId: digestOf('4') },
          cataloguer: 'dpkg',
        },
      ],
      properties: { 'dpkg.section': 'libs' },
    }),
    pkg({
      id: 'npm:@acme/widget',
      type: 'npm',
      namespace: '@acme',
      name: 'widget',
      version: '1.2.3',
      licenses: [{ expression: 'MIT' }, { name: 'whatever the lawyers <say> & "mean"' }],
      homepage: 'not a url at all',
      supplier: 'Ada',
      evidence: [{ path: 'app/node_modules/@acme/widget/package.json', cataloguer: 'npm' }],
    }),
    pkg({
      id: 'pypi:ruamel',
      type: 'pypi',
      name: 'Ruamel_YAML',
      version: '0.18',
      licenses: [{ expression: 'MIT' }],
      evidence: [],
    }),
    pkg({
      id: 'golang:stdlib',
      type: 'golang',
      namespace: 'github.com/Acme',
      name: 'Tool',
      version: 'v1.0.0',
      subpath: 'cmd/tool',
      licenses: [{ name: 'Proprietary' }],
      evidence: [{ path: 'bin/tool', layer: { index: 1, diffId: digestOf('4') }, cataloguer: 'go' }],
    }),
    pkg({
      id: 'binary:node',
      type: 'binary',
      name: 'node',
      licenses: [{ expression: 'MIT OR Artistic-2.0' }],
      evidence: [{ path: 'usr/bin/node', cataloguer: 'binary' }],
    }),
  ],
  dependencies: [
    { from: 'npm:@acme/widget', to: 'binary:node' },
    { from: 'binary:node', to: 'deb:libssl3' },
  ],
  notes: [
    { code: 'skipped', message: 'layer 3 is a squashfs' },
    { code: 'partial', message: 'a file is too large' },
  ],
});
