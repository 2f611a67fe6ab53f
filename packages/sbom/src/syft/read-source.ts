import { Buffer } from 'node:buffer';
import { type Digest, digestOf, isDigest, type Platform } from '@lading/oci';
import type { Bom, BomNote } from '../bom.ts';
import { imageOfFacts, withoutUndefined } from '../formats/read-facts.ts';
import { folderType } from '../formats/subject.ts';
import { type JsonObject, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { ladingFacts } from './read-package.ts';

/** Characters of a manifest or config in base64. */
const maxBlobLength = 16 * 1024 * 1024;

interface Read {
  readonly subject: Bom['subject'];
  readonly notes: readonly BomNote[];
}

/** What a document of syft is about. syft keeps manifest and config of an image, which tell what it has no fields for. */
export function subjectOfSource(source: JsonObject, document: JsonObject): Read {
  const metadata = objectOf(source.metadata) ?? {};
  const name = textOf(source.name) ?? textOf(metadata.userInput) ?? '';
  const digest = [metadata.manifestDigest, source.version].find(isDigest);
  const own = imageOfFacts(ladingFacts(metadata));
  if (own.mediaType !== undefined && digest !== undefined) {
    const { mediaType, size, notes, ...image } = own;
    return {
      subject: withoutUndefined({ name, descriptor: { mediaType, digest, size }, ...image }),
      notes,
    };
  }
  if (digest === undefined)
    return { subject: { name, descriptor: standIn(source, document), layers: [] }, notes: [] };
  const manifest = blobOf(metadata.manifest);
  const config = blobOf(metadata.config);
  const created = new Date(textOf(config.json.created) ?? Number.NaN);
  return {
    subject: withoutUndefined<Bom['subject']>({
      name,
      descriptor: {
        mediaType: textOf(metadata.mediaType) ?? 'application/vnd.oci.image.manifest.v1+json',
        digest,
        size: manifest.size,
      },
      platform: platformOf(metadata),
      created: Number.isNaN(created.getTime()) ? undefined : created,
      layers: layersOf(metadata, manifest.json, config.json),
    }),
    notes: [],
  };
}

/** Of what has no digest the document tells, so its digest stands for it. */
function standIn(source: JsonObject, document: JsonObject): Bom['subject']['descriptor'] {
  const bytes = Buffer.from(JSON.stringify(document));
  const isFolder = textOf(source.type) === 'directory';
  return {
    mediaType: isFolder ? folderType : 'application/vnd.syft+json',
    digest: digestOf(bytes),
    size: bytes.length,
  };
}

function blobOf(base64: unknown): { readonly json: JsonObject; readonly size: number } {
  if (typeof base64 !== 'string' || base64.length > maxBlobLength) return { json: {}, size: 0 };
  const bytes = Buffer.from(base64, 'base64');
  try {
    return { json: objectOf(JSON.parse(bytes.toString('utf8'))) ?? {}, size: bytes.length };
  } catch {
    return { json: {}, size: 0 };
  }
}

function platformOf(metadata: JsonObject): Platform | undefined {
  const os = textOf(metadata.os);
  const architecture = textOf(metadata.architecture);
  const variant = textOf(metadata.architectureVariant);
  if (os === undefined || architecture === undefined) return undefined;
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

/** syft's layers have the digests of their content; their own ones stand in the manifest, what made them in the config. */
function layersOf(metadata: JsonObject, manifest: JsonObject, config: JsonObject): Bom['subject']['layers'] {
  const stored = objectsOf(manifest.layers);
  const history = objectsOf(config.history).filter((entry) => entry.empty_layer !== true);
  const contents = objectsOf(metadata.layers)
    .map(({ digest }) => digest)
    .filter((digest): digest is Digest => isDigest(digest));
  return contents.map((diffId, index) => {
    const digest = stored.length === contents.length ? stored[index]?.digest : undefined;
    const size = stored.length === contents.length ? stored[index]?.size : undefined;
    const createdBy = history.length === contents.length ? textOf(history[index]?.created_by) : undefined;
    return {
      digest: isDigest(digest) ? digest : diffId,
      diffId,
      size: typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : 0,
      ...(createdBy !== undefined && { createdBy }),
    };
  });
}
