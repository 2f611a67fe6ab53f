import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { binary } from '../../src/binary/binary.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { heldBuffers } from '../held-buffers.ts';
import { catalogued, factsOf } from '../language/catalogued.ts';
import { elf } from './programs.ts';

const program = (constants: string): Buffer => elf(Buffer.from(constants, 'latin1'), Buffer.alloc(64));
const purls = (image: ReturnType<typeof catalogued>): unknown[] =>
  image.packages.map((found) => [purlOf(found), found.evidence.map(({ path }) => path)]);

const temurin = [
  'IMPLEMENTOR="Eclipse Adoptium"',
  'JAVA_RUNTIME_VERSION="21.0.9+10-LTS"',
  'JAVA_VERSION="21.0.9"',
  'SOURCE_REPO="https://example.com/jdk21u.git"',
  'IMAGE_TYPE="JRE"',
].join('\n');

describe('binary', () => {
  it('finds the version of the Node.js that runs this test', async () => {
    const probe = binary.probe({ path: 'usr/local/bin/node', size: 1_000_000, isExecutable: true })!;
    for await (const chunk of createReadStream(process.execPath, { highWaterMark: 1 << 20 })) {
      probe.write(chunk as Uint8Array);
    }
    expect(probe.end()).toMatchObject({ name: 'node', version: process.versions.node });
  });

  it('a program and its library, and a program under two names, are one package', () => {
    const python = program('\x003.12.7\0');
    const image = catalogued(binary, {
      'usr/local/bin/python3.12': python,
      'usr/local/lib/libpython3.12.so.1.0': python,
      'opt/old/bin/python3.12': program('\x003.12.1\0'),
      'bin/[': program('BusyBox v1.37.0 (2025'),
      'bin/busybox': program('BusyBox v1.37.0 (2025'),
    });
    expect(purls(image)).toEqual([
      ['pkg:generic/busybox@1.37.0', ['bin/[', 'bin/busybox']],
      ['pkg:generic/python@3.12.1', ['opt/old/bin/python3.12']],
      ['pkg:generic/python@3.12.7', ['usr/local/bin/python3.12', 'usr/local/lib/libpython3.12.so.1.0']],
    ]);
  });

  it('a Java runtime is what its release file says, and its launcher adds nothing', () => {
    const launcher = program('\0openjdk\0java\x000.0\x0021.0.9+10\0');
    const image = catalogued(binary, {
      'opt/java/openjdk/release': temurin,
      'opt/java/openjdk/bin/java': launcher,
      'opt/java/openjdk/jre/bin/java': launcher,
      'opt/other/bin/java': launcher,
    });
    expect(purls(image)).toEqual([
      [
        'pkg:generic/oracle/openjdk@21.0.9%2B10-LTS?repository_url=https:%2F%2Fexample.com%2Fjdk21u.git',
        ['opt/java/openjdk/release'],
      ],
      ['pkg:generic/oracle/openjdk@21.0.9%2B10', ['opt/other/bin/java']],
    ]);
  });

  it.each<[string, string, string, string[]]>([
    ['Azul', 'IMPLEMENTOR="Azul Systems, Inc."\nJAVA_VERSION="17.0.1"', 'azul/zulu@17.0.1', []],
    ['Oracle', 'IMPLEMENTOR="Oracle Corporation"\r\nJAVA_VERSION="25"\r\n', 'oracle/jdk@25', []],
    ['a runtime of Oracle', 'IMPLEMENTOR="Oracle"\nIMAGE_TYPE="JRE"\nJAVA_VERSION="8"', 'oracle/jre@8', []],
    [
      'Oracle with a compiler',
      'IMPLEMENTOR="Oracle"\nIMAGE_TYPE="JRE"\nJAVA_VERSION="8"',
      'oracle/jdk@8',
      ['javac'],
    ],
    ['IBM', 'IMPLEMENTOR="IBM"\nJAVA_VERSION="11.0.1"', 'ibm/java@11.0.1', []],
    ['IBM with a compiler', 'IMPLEMENTOR="IBM"\nJAVA_VERSION="11.0.1"', 'ibm/java_sdk@11.0.1', ['javac']],
    ['Java 8', 'JAVA_VERSION="1.8.0_462"\nFULL_VERSION="1.8.0_462-b08"', 'oracle/openjdk@1.8.0_462-b08', []],
    ['another count', 'JAVA_VERSION="1.8.0_1"\nFULL_VERSION="8.0.1+2"', 'oracle/openjdk@1.8.0_1', []],
  ])('names the Java runtime of %s', (_, release, expected, tools) => {
    const files = Object.fromEntries(tools.map((tool) => [`opt/jvm/bin/${tool}`, '#']));
    const image = catalogued(binary, { 'opt/jvm/release': release, ...files });
    expect(image.packages.map((found) => purlOf(found))).toEqual([
      `pkg:generic/${expected}`.replace('+', '%2B'),
    ]);
  });

  it('other files of that name are no Java runtimes', () => {
    for (const content of [
      '',
      'VERSION=1',
      'JAVA_VERSION=\n',
      `JAVA_VERSION="${'9'.repeat(500)}"`,
      '\0\xff',
    ]) {
      expect(factsOf(binary, 'etc/release', content)).toBeUndefined();
    }
    expect(binary.probe({ path: 'release', size: 10, isExecutable: false })).toBeUndefined();
  });

  it('reads only files whose names it knows, and of those only programs', () => {
    for (const path of ['usr/bin/cat', 'usr/bin/nodejs', 'etc/nginx/nginx.conf', 'node/README', 'python3']) {
      expect(binary.probe({ path, size: 100_000, isExecutable: true })).toBeUndefined();
    }
    expect(
      factsOf(binary, 'etc/init.d/nginx', `#!/bin/sh\n# ${'nginx version: nginx/1.2.3'.padEnd(99)}`),
    ).toBeUndefined();
  });

  it('the best mark counts, wherever it stands', () => {
    const old = '\0v4.8.0\0';
    for (const bytes of [`${old}node.js/v22.1.0\0`, `node.js/v22.1.0\0${old}`]) {
      expect(factsOf(binary, 'node', program(bytes))).toMatchObject({ version: '22.1.0' });
    }
  });

  it('a program that is nothing but half a mark is soon given up, and little of it is kept', () => {
    const before = heldBuffers();
    for (const [path, needle] of [
      ['httpd', 'Apache/'],
      ['redis-server', '000000000\0'],
      ['busybox', 'BusyBox v1.'],
      ['java', '+'],
      ['jq', '\x001.'],
    ] as const) {
      const content = Buffer.alloc(1 << 20, needle, 'latin1');
      const probe = binary.probe({ path, size: 64 << 20, isExecutable: true })!;
      probe.write(Buffer.from('\x7fELF\x02\x01\x01\0', 'latin1'));
      for (let count = 0; count < 64; count++) probe.write(content);
      expect(probe.end()).toBeUndefined();
    }
    expect(heldBuffers() - before).toBeLessThan(64 << 20);
  }, 20_000);
});
