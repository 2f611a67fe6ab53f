import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readLayer } from '../../src/index.ts';
import { rawTar } from './archive.ts';
import { factsOf, file, gzipType, streamOf, texts } from './layers.ts';

const oci = 'application/vnd.oci.image.layer';
const docker = 'application/vnd.docker.image.rootfs';
/** Hard to pack, so that it is in several chunks and blocks. */
const noise = randomBytes(300_000);
const tar = rawTar([file('a.txt'), { name: 'noise', body: noise }, file('b.txt')]);

const skippable = Buffer.from('502a4d1805000000aabbccddee', 'hex');

/** A gzip header with everything that RFC 1952 lets stand in it. */
function richGzip(content: Buffer): Buffer {
  const plain = gzipSync(content);
  const header = Buffer.concat([
    Buffer.from('1f8b081e0000000000ff', 'hex'),
    Buffer.from('0600', 'hex'), // the extra field's length
    Buffer.from('SG\x02\x00xy', 'latin1'),
    Buffer.from('layer.tar\0made by hand\0', 'latin1'),
  ]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE(crc32(header) & 0xffff);
  return Buffer.concat([header, check, plain.subarray(10)]);
}

function members(pack: (part: Buffer) => Buffer): Buffer[] {
  return [tar.subarray(0, 700), tar.subarray(700, 150_000), tar.subarray(150_000)].map(pack);
}

describe('sbom case 7: however a layer is packed, the same is read', () => {
  test.each<[string, string, Buffer]>([
    ['plain', `${oci}.v1.tar`, tar],
    ['gzip', `${oci}.v1.tar+gzip`, gzipSync(tar)],
    ['zstd', `${oci}.v1.tar+zstd`, zstdCompressSync(tar)],
    ['Docker gzip', `${docker}.diff.tar.gzip`, gzipSync(tar)],
    ['Docker plain', `${docker}.diff.tar`, tar],
    ['zstd with a Docker type', `${docker}.diff.tar.zstd`, zstdCompressSync(tar)],
    ['plain, though the type says gzip', `${oci}.v1.tar+gzip`, tar],
    ['gzip, though the type says plain', `${oci}.v1.tar`, gzipSync(tar)],
    ['zstd, though the type says gzip', `${oci}.v1.tar+gzip`, zstdCompressSync(tar)],
    ['gzip of several members', gzipType, Buffer.concat(members((part) => gzipSync(part)))],
    ['gzip with an empty member behind', gzipType, Buffer.concat([gzipSync(tar), gzipSync('')])],
    ['gzip with zeros behind', gzipType, Buffer.concat([gzipSync(tar), Buffer.alloc(1000)])],
    ['gzip with extra, name, comment and check in its header', gzipType, richGzip(tar)],
    ['zstd of several frames', gzipType, Buffer.concat(members((part) => zstdCompressSync(part)))],
    [
      'zstd with skippable frames before, between and behind',
      gzipType,
      Buffer.concat([skippable, ...members((part) => Buffer.concat([zstdCompressSync(part), skippable]))]),
    ],
  ])('%s', async (_, mediaType, layer) => {
    const plain = await factsOf(tar);
    expect(plain.files.map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
    for (const chunkBytes of [1013, layer.byteLength])
      expect(await factsOf(layer, { mediaType, chunkBytes })).toEqual(plain);
  });

  test('byte by byte', async () => {
    const small = rawTar([file('a.txt')]);
    const plain = await factsOf(small);
    for (const layer of [
      small,
      gzipSync(small),
      zstdCompressSync(small),
      Buffer.concat([zstdCompressSync(small), skippable]),
    ])
      expect(await factsOf(layer, { chunkBytes: 1 })).toEqual(plain);
  });

  const bigWindow = Buffer.from('28b52ffd0090', 'hex'); // 2^28 bytes
  test.each<[string, Buffer]>([
    ['gzip cut off', gzipSync(tar).subarray(0, 100_000)],
    ['zstd cut off', zstdCompressSync(tar).subarray(0, 100_000)],
    ['zstd cut off behind its last block', zstdCompressSync(tar).subarray(0, -1)],
    ['gzip with a wrong check', Buffer.concat([gzipSync(tar).subarray(0, -8), Buffer.alloc(8)])],
    ['gzip with something else behind', Buffer.concat([gzipSync(tar), Buffer.from('something else')])],
    [
      'zstd with something else behind',
      Buffer.concat([zstdCompressSync(tar), Buffer.from('something else')]),
    ],
    ['zstd that wants a window of 256 MiB', Buffer.concat([bigWindow, randomBytes(2000)])],
    ['what only begins like gzip', Buffer.concat([Buffer.from('1f8b08', 'hex'), randomBytes(2000)])],
    ['what only begins like zstd', Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(2000, 255)])],
    ['no archive', randomBytes(2000)],
    ['an archive in gzip in gzip', gzipSync(gzipSync(tar))],
  ])('refused as damaged: %s', async (_, layer) => {
    for (const chunkBytes of [1013, layer.byteLength])
      await expect(factsOf(layer, { chunkBytes })).rejects.toMatchObject({ code: 'ERR_LADING_LAYER' });
  });

  test('an empty layer has nothing in it', async () => {
    for (const empty of [Buffer.alloc(0), gzipSync(''), rawTar([])])
      expect(await factsOf(empty)).toMatchObject({ files: [], paths: '', notes: [] });
  });

  test('what is behind the end of a layer is fetched, too: its digest is yet to be verified', async () => {
    let isRead = false;
    const layer = Buffer.concat([gzipSync(tar), Buffer.alloc(200_000)]);
    const stream = streamOf(layer, 10_000).pipeThrough(
      new TransformStream({
        flush: () => {
          isRead = true;
        },
      }),
    );
    await readLayer(stream, { mediaType: gzipType, cataloguers: [texts] });
    expect(isRead).toBe(true);
  });
});

describe('sbom case 15: what kind of layer is read', () => {
  test.each([
    `${oci}.nondistributable.v1.tar+gzip`,
    `${oci}.nondistributable.v1.tar`,
    `${docker}.foreign.diff.tar.gzip`,
  ])('a foreign layer whose bytes are there is a layer: %s', async (mediaType) => {
    expect((await factsOf(gzipSync(tar), { mediaType })).files).toHaveLength(2);
  });

  test.each([
    ['encrypted', `${oci}.v1.tar+gzip+encrypted`],
    ['squashfs', 'application/vnd.sylabs.sif.layer.v1.sif'],
    ['unknown', 'application/vnd.example.thing'],
    ['a Helm chart', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'],
    ['none', ''],
  ])('refused by its type: %s', async (_, mediaType) => {
    await expect(factsOf(gzipSync(tar), { mediaType })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_TYPE',
      message: `a layer of the type ${JSON.stringify(mediaType)} is not read`,
    });
  });

  test.each([
    ['bzip2', '425a6839314159265359'],
    ['xz', 'fd377a585a0000'],
    ['lz4', '04224d186440'],
    ['squashfs', '6873717300000000'],
  ])('refused by its first bytes: %s', async (name, start) => {
    const layer = Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(2000)]);
    await expect(factsOf(layer)).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_TYPE',
      message: `the layer is packed with ${name}`,
    });
  });
});
