// alpine.mjs ARCH BUSYBOX: the packages that stand around Alpine's own alpine-baselayout, for apk.mjs; busybox is the program at hand.
const [arch, busybox] = process.argv.slice(2);
const maintainer = 'Natanael Copa <ncopa@alpinelinux.org>';
const applets = ['sh', 'ls', 'cat', 'cp', 'mv', 'rm', 'mkdir', 'grep', 'sed', 'tar'];
const release = { version: '3.17.3-r0', license: 'MIT', maintainer };

const packages = [
  {
    ...release,
    name: 'alpine-baselayout-data',
    version: '3.2.0-r23',
    origin: 'alpine-baselayout',
    description: 'Alpine base dir structure and init scripts (data)',
    license: 'GPL-2.0-only',
    replaces: ['alpine-baselayout'],
    files: [
      { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\n' },
      { path: 'etc/group', text: 'root:x:0:root\n' },
      { path: 'etc/shells', text: '/bin/sh\n' },
    ],
  },
  {
    ...release,
    name: 'alpine-release',
    origin: 'alpine-base',
    description: 'Alpine release data',
    files: [
      { path: 'etc/alpine-release', text: '3.17.3\n' },
      {
        path: 'etc/os-release',
        text: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.17.3\nPRETTY_NAME="Alpine Linux v3.17"\n',
      },
    ],
  },
  {
    ...release,
    name: 'busybox',
    version: '1.35.0-r29',
    description: 'Size optimized toolbox of many common UNIX utilities',
    license: 'GPL-2.0-only',
    depends: [`so:libc.musl-${arch}.so.1`],
    files: [{ path: 'bin/busybox', from: busybox, mode: 0o755 }],
  },
  {
    ...release,
    name: 'busybox-binsh',
    version: '1.35.0-r29',
    origin: 'busybox',
    description: 'busybox ash /bin/sh',
    license: 'GPL-2.0-only',
    depends: ['busybox=1.35.0-r29'],
    provides: ['/bin/sh', 'cmd:sh=1.35.0-r29'],
    files: applets.map((name) => ({ path: `bin/${name}`, link: '/bin/busybox' })),
  },
  {
    ...release,
    name: 'musl',
    version: '1.2.3-r4',
    description: 'the musl c library (libc) implementation',
    provides: [`so:libc.musl-${arch}.so.1=1`],
    files: [{ path: `lib/libc.musl-${arch}.so.1`, link: `ld-musl-${arch}.so.1` }],
  },
  // A name with the signs that package URLs escape.
  {
    ...release,
    name: 'libstdc++',
    version: '12.2.1_git20220924-r4',
    origin: 'gcc',
    description: 'GNU C++ standard runtime library',
    license: 'GPL-2.0-or-later AND LGPL-2.1-or-later',
    depends: [`so:libc.musl-${arch}.so.1`],
    files: [{ path: 'usr/lib/libstdc++.so.6', text: 'no library\n' }],
  },
];
process.stdout.write(JSON.stringify({ arch, packages }));
