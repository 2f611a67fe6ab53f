import { makeImage, makeIndex, type TestImage } from './image.ts';
import { fileLayer, randomLayer, type TestLayer } from './layer.ts';

/** What an image of a Linux distribution is made of. */
export interface DistributionOptions {
  /** Default `Lading Test Linux`; ID and version of `/etc/os-release` follow. */
  readonly name?: string | undefined;
  /** Default `3.17.3`. */
  readonly version?: string | undefined;
  /** Default `linux/amd64` and `linux/arm64/v8`. */
  readonly platforms?: readonly string[] | undefined;
  /** Name to version; listed in `/lib/apk/db/installed` as apk does. Default: five small packages. */
  readonly packages?: Readonly<Record<string, string>> | undefined;
  /** Bytes of incompressible content in a second layer, so that a copy has something to move. Default 65,536; 0 for none. */
  readonly payload?: number | undefined;
}

const defaultPackages: Readonly<Record<string, string>> = {
  'alpine-baselayout': '3.4.0-r0',
  busybox: '1.35.0-r29',
  'ca-certificates-bundle': '20220614-r4',
  musl: '1.2.3-r5',
  zlib: '1.2.13-r0',
};

/** apk's names of architectures (`uname -m`). */
const apkArchitectures: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

/**
 * A multi-platform image that looks like a small Linux distribution: `/etc/os-release`, apk's package database with packages
 * that a cataloguer finds, some content. Nothing in it can be run.
 */
export function makeDistribution(options: DistributionOptions = {}): TestImage {
  const platforms = options.platforms ?? ['linux/amd64', 'linux/arm64/v8'];
  const payload = options.payload ?? 65_536;
  const images = platforms.map((platform) =>
    makeImage({
      platform,
      layers: [
        baseLayer(platform, options),
        ...(payload > 0 ? [randomLayer(payload, `${options.name}:${options.version}:${platform}`)] : []),
      ],
      config: { config: { Cmd: ['/bin/sh'], Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] } },
    }),
  );
  return makeIndex(images);
}

function baseLayer(platform: string, options: DistributionOptions): TestLayer {
  const { name = 'Lading Test Linux', version = '3.17.3', packages = defaultPackages } = options;
  const id = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const architecture = platform.split('/')[1] ?? '';
  const installed = Object.entries(packages).map(([pkg, release]) =>
    [
      `P:${pkg}`,
      `V:${release}`,
      `A:${apkArchitectures[architecture] ?? architecture}`,
      'S:1024',
      'I:4096',
      `T:The package ${pkg}`,
      'L:MIT',
      `o:${pkg}`,
      `F:usr/share/${pkg}`,
      'R:README',
      '',
    ].join('\n'),
  );
  return fileLayer({
    'bin/sh': { content: '#!/bin/false\n', mode: 0o755 },
    'etc/os-release': `NAME="${name}"\nID=${id}\nVERSION_ID=${version}\nPRETTY_NAME="${name} v${version}"\n`,
    'etc/apk/world': `${Object.keys(packages).join('\n')}\n`,
    'lib/apk/db/installed': `${installed.join('\n')}\n`,
    ...Object.fromEntries(Object.keys(packages).map((pkg) => [`usr/share/${pkg}/README`, `${pkg}\n`])),
  });
}
