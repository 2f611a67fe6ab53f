import { createCipheriv, createHash, type Hash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** A layer in a layout, with the digest of what it unpacks to. */
interface StoredLayer {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly diffId: string;
}

interface StoredImage {
  readonly layers: readonly StoredLayer[];
}

const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** The first image of a layout that `scripts/corpus.sh` made. */
async function imageIn(layout: string): Promise<StoredImage> {
  const json = async (path: string) => JSON.parse(await readFile(join(layout, path), 'utf8'));
  const blob = (digest: string) => json(`blobs/${digest.replace(':', '/')}`);
  const manifest = await blob((await json('index.json')).manifests[0].digest);
  const config = await blob(manifest.config.digest);
  return {
    layers: manifest.layers.map((descriptor: StoredLayer['descriptor'], index: number) => ({
      descriptor,
      diffId: config.rootfs.diff_ids[index],
    })),
  };
}

/** Images over the layers of another, each with a small layer of its own; tags `0`, `1`, … */
export async function imagesOver(layout: string, base: string, count: number): Promise<void> {
  await cp(base, layout, { recursive: true });
  const { layers } = await imageIn(base);
  const images: StoredImage[] = [];
  for (let index = 0; index < count; index++) {
    const name = `app-${index}`;
    const file = tarFile(
      `srv/node_modules/${name}/package.json`,
      Buffer.from(JSON.stringify({ name, version: '1.0.0', license: 'MIT' })),
    );
    images.push({ layers: [...layers, await writeLayer(layout, [file, Buffer.alloc(1024)])] });
  }
  await writeIndex(layout, images);
}

/** A layout with the one image of another that has this tag; the blobs are the same files. */
export async function layoutOfOne(from: string, tag: number, to: string): Promise<void> {
  await mkdir(to);
  await symlink(join(from, 'blobs'), join(to, 'blobs'));
  const { manifests } = JSON.parse(await readFile(join(from, 'index.json'), 'utf8'));
  const index = { schemaVersion: 2, manifests: [manifests[tag]] };
  await writeFile(join(to, 'index.json'), JSON.stringify(index));
  await writeFile(join(to, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

/** An image of files that no compression makes much smaller, so many bytes once it is unpacked, over a base. */
export async function largeImage(layout: string, base: string, bytes: number): Promise<void> {
  await cp(base, layout, { recursive: true });
  const { layers } = await imageIn(base);
  const fileBytes = 64 * 2 ** 20;
  function* files(): Generator<Buffer> {
    for (let at = 0; at < bytes; at += fileBytes) yield tarFile(`srv/data/${at}`, randomText(fileBytes));
    yield Buffer.alloc(1024);
  }
  await writeIndex(layout, [{ layers: [...layers, await writeLayer(layout, files())] }]);
}

/** An image with so many packages of npm. */
export async function manyPackages(layout: string, count: number): Promise<void> {
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  function* files(): Generator<Buffer> {
    for (let index = 0; index < count; index++) {
      const name = `package-${index}`;
      const dependencies = { [`package-${(index * 7 + 1) % count}`]: '^1.0.0' };
      const text = JSON.stringify({ name, version: '1.0.0', license: 'MIT', dependencies });
      yield tarFile(`srv/node_modules/${name}/package.json`, Buffer.from(text));
    }
    yield Buffer.alloc(1024);
  }
  await writeIndex(layout, [{ layers: [await writeLayer(layout, files())] }]);
}

async function writeLayer(layout: string, blocks: Iterable<Buffer>): Promise<StoredLayer> {
  const [diff, blob] = [createHash('sha256'), createHash('sha256')];
  const path = join(layout, 'blobs/sha256', `.${randomBytes(8).toString('hex')}`);
  const file = createWriteStream(path);
  await pipeline(Readable.from(blocks), hashing(diff), createGzip({ level: 1 }), hashing(blob), file);
  const hex = blob.digest('hex');
  await rename(path, join(layout, 'blobs/sha256', hex));
  return {
    descriptor: { mediaType: layerType, digest: `sha256:${hex}`, size: file.bytesWritten },
    diffId: `sha256:${diff.digest('hex')}`,
  };
}

async function writeIndex(layout: string, images: readonly StoredImage[]): Promise<void> {
  const manifests = [];
  for (const [index, { layers }] of images.entries()) {
    const config = await writeJson(layout, 'application/vnd.oci.image.config.v1+json', {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    });
    const manifest = await writeJson(layout, 'application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: layers.map(({ descriptor }) => descriptor),
    });
    manifests.push({ ...manifest, annotations: { 'org.opencontainers.image.ref.name': `${index}` } });
  }
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

async function writeJson(
  layout: string,
  mediaType: string,
  value: object,
): Promise<StoredLayer['descriptor']> {
  const bytes = Buffer.from(JSON.stringify(value));
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(layout, 'blobs/sha256', hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.byteLength };
}

function hashing(hash: Hash) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

/** Letters without a pattern: six bits in eight. */
function randomText(bytes: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  return Buffer.from(
    cipher
      .update(Buffer.alloc(Math.ceil((bytes * 3) / 4)))
      .toString('base64')
      .slice(0, bytes),
  );
}

function tarFile(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\x000000000\0', 108);
  header.write(`${content.byteLength.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.byteLength % 512)) % 512)]);
}
