import { fileLayer, makeImage, type TestImage, type TestLayer } from '@lading/testkit';

/** `musl 1.2.5-r0 MIT` */
export type ApkLine = `${string} ${string} ${string}`;

/** The files of an Alpine system with these packages. */
export function alpineFiles(packages: readonly ApkLine[]): Record<string, string> {
  const stanzas = packages.map((line) => {
    const [name, version, license] = line.split(' ');
    return `P:${name}\nV:${version}\nA:x86_64\nL:${license}\nm:Ann <ann@example.com>\n`;
  });
  return {
    'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME="Alpine Linux v3.20"\n',
    'lib/apk/db/installed': `${stanzas.join('\n')}\n`,
  };
}

export const baseLayer: TestLayer = fileLayer(alpineFiles(['musl 1.2.5-r0 MIT', 'zlib 1.3.1-r1 Zlib']));

export const appLayer: TestLayer = fileLayer({
  'srv/app/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}',
});

export const base: TestImage = makeImage({ layers: [baseLayer] });
export const app: TestImage = makeImage({ layers: [baseLayer, appLayer] });
/** The next version of `app`: one package upgraded, one gone, one new. */
export const nextApp: TestImage = makeImage({
  layers: [fileLayer(alpineFiles(['musl 1.2.5-r1 MIT', 'busybox 1.36.1-r29 GPL-2.0-only'])), appLayer],
});
