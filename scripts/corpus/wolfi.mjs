// wolfi.mjs: what Wolfi's own hello-wolfi needs to be installed, for apk.mjs.
const release = { license: 'MIT', maintainer: 'unknown' };

const packages = [
  {
    ...release,
    name: 'wolfi-baselayout',
    version: '20230201-r24',
    description: 'baselayout data for Wolfi',
    // It comes after the one that the tests of apko have.
    replaces: ['pretend-baselayout'],
    depends: ['package-y'],
    files: [
      {
        path: 'etc/os-release',
        text: 'ID=wolfi\nNAME="Wolfi"\nPRETTY_NAME="Wolfi"\nVERSION_ID="20230201"\nHOME_URL="https://wolfi.dev"\n',
      },
      { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\n' },
      { path: 'etc/group', text: 'root:x:0:root\n' },
    ],
  },
  {
    ...release,
    name: 'glibc',
    version: '2.39-r7',
    description: 'the GNU C library',
    license: 'LGPL-2.1-or-later',
    depends: ['ld-linux'],
    provides: ['so:libc.so.6=6', 'libc6=2.39-r7'],
    files: [{ path: 'lib/libc.so.6', text: 'no library\n' }],
  },
  {
    ...release,
    name: 'ld-linux',
    version: '2.39-r7',
    origin: 'glibc',
    description: 'the GNU C library (dynamic linker)',
    license: 'LGPL-2.1-or-later',
    provides: ['so:ld-linux-x86-64.so.2=2'],
    files: [{ path: 'lib/ld-linux-x86-64.so.2', text: 'no loader\n' }],
  },
];
process.stdout.write(JSON.stringify({ arch: 'x86_64', packages }));
