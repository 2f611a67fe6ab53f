// corpus-layout.mjs OUT PLATFORM LAYER.tar... [-- PLATFORM LAYER.tar...]
// Writes an OCI layout of one image, or of an index when there is a '--'. Layers are compressed as streams: they may be large.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const created = '2026-01-01T00:00:00Z';
const mediaType = (name) => `application/vnd.oci.image.${name}.v1+json`;

const [out, ...rest] = process.argv.slice(2);
const blobs = join(out, 'blobs', 'sha256');
mkdirSync(blobs, { recursive: true });

function hashing(hash) {
  return async function* (chunks) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

const layers = new Map();

async function layerOf(tar) {
  const known = layers.get(tar);
  if (known) return known;
  const [diff, blob] = [createHash('sha256'), createHash('sha256')];
  const temporary = join(blobs, `.layer-${layers.size}`);
  const file = createWriteStream(temporary);
  await pipeline(createReadStream(tar), hashing(diff), createGzip({ level: 6 }), hashing(blob), file);
  const hex = blob.digest('hex');
  renameSync(temporary, join(blobs, hex));
  const layer = {
    descriptor: {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: `sha256:${hex}`,
      size: file.bytesWritten,
    },
    diffId: `sha256:${diff.digest('hex')}`,
  };
  layers.set(tar, layer);
  return layer;
}

function writeJson(type, value) {
  const bytes = Buffer.from(JSON.stringify(value));
  const hex = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(blobs, hex), bytes);
  return { mediaType: type, digest: `sha256:${hex}`, size: bytes.length };
}

async function imageOf([name, ...tars]) {
  const [os, architecture, variant] = name.split('/');
  const platform = { os, architecture, ...(variant && { variant }) };
  const own = [];
  for (const tar of tars) own.push(await layerOf(tar));
  const config = writeJson(mediaType('config'), {
    created,
    ...platform,
    config: { Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: own.map((layer) => layer.diffId) },
    history: tars.map((tar) => ({ created, created_by: `layer ${basename(tar)}` })),
  });
  const type = mediaType('manifest');
  const manifest = {
    schemaVersion: 2,
    mediaType: type,
    config,
    layers: own.map((layer) => layer.descriptor),
  };
  return { ...writeJson(type, manifest), platform };
}

const groups = rest
  .join('\n')
  .split('\n--\n')
  .map((group) => group.split('\n'));
const images = [];
for (const group of groups) images.push(await imageOf(group));

const type = mediaType('index');
const root =
  images.length > 1 ? writeJson(type, { schemaVersion: 2, mediaType: type, manifests: images }) : images[0];
const entry = { ...root, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
writeFileSync(join(out, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
// index.json last: with it the image counts as made.
writeFileSync(
  join(out, 'index.json'),
  JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [entry] }),
);
console.log(`${out} ${root.digest}`);
