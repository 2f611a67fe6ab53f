import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isForeignLayerMediaType,
  isTag,
  type Manifest,
  parseManifest,
  successors,
} from '@lading/oci';
import type { Repository } from '../storage/repository.ts';
import { readWholeBody } from './body.ts';
import { type Exchange, type Headers, reply } from './exchange.ts';
import { Fault } from './fault.ts';

/** Tags in one push; the spec asks for 10 and lets registries answer 414 beyond their limit. */
const maxTagParameters = 100;
/** Missing digests that one answer names. */
const maxNamed = 100;

export async function headManifest(exchange: Exchange): Promise<void> {
  const descriptor = await resolve(exchange);
  // As with blobs: a client that is told that a child is here will not push it again before its index.
  if (isDigest(exchange.reference)) {
    await exchange.context.storage.repository(exchange.name).hasManifest(exchange.reference);
  }
  const headers = manifestHeaders(descriptor);
  if (matches(exchange.request.headers['if-none-match'], descriptor.digest)) {
    return reply(exchange.response, 304, headers);
  }
  reply(exchange.response, 200, { ...headers, 'Content-Length': descriptor.size });
}

export async function getManifest(exchange: Exchange): Promise<void> {
  const descriptor = await resolve(exchange);
  const headers = manifestHeaders(descriptor);
  if (matches(exchange.request.headers['if-none-match'], descriptor.digest)) {
    return reply(exchange.response, 304, headers);
  }
  const bytes = await exchange.context.storage.read(descriptor.digest);
  if (!bytes) throw unknownManifest(exchange.reference);
  reply(exchange.response, 200, headers, bytes);
}

export async function putManifest(exchange: Exchange): Promise<void> {
  const { context, name, reference, request, response } = exchange;
  const tags = tagsOf(exchange);
  const bytes = await readWholeBody(request, context.limits.maxManifestBytes);
  const digest = digestOf(bytes, isDigest(reference) ? digestAlgorithm(reference) : 'sha256');
  if (isDigest(reference) && digest !== reference) {
    throw new Fault('DIGEST_INVALID', 'the manifest does not have this digest', { details: [{ digest }] });
  }
  const manifest = parsed(bytes, request.headers['content-type']);
  const repository = context.storage.repository(name);
  const missing = await missingFrom(repository, manifest);
  if (missing.length > 0 && !context.sparse) {
    throw new Fault(
      'MANIFEST_BLOB_UNKNOWN',
      'the manifest names content that this repository does not have',
      {
        details: missing.slice(0, maxNamed).map((one) => ({ digest: one })),
      },
    );
  }
  const condition = conditionOf(request.headers['if-match'], request.headers['if-none-match']);
  if (!(await repository.putManifest(manifest, digest, { tags, condition }))) {
    throw new Fault('PRECONDITION_FAILED', 'the tag points elsewhere by now');
  }
  reply(response, 201, {
    Location: `/v2/${name}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ...(manifest.subject && { 'OCI-Subject': manifest.subject.digest }),
    ...(isDigest(reference) && tags.length > 0 && { 'OCI-Tag': tags }),
    ...(tags.length > 0 && { ETag: `"${digest}"` }),
  });
}

/** By digest: the manifest with its tags. By tag: the tag. */
export async function deleteManifest(exchange: Exchange): Promise<void> {
  const { name, reference } = exchange;
  const repository = exchange.context.storage.repository(name);
  const removed = isDigest(reference)
    ? await repository.removeManifest(reference)
    : isTag(reference) && (await repository.removeTag(reference));
  if (!removed) throw unknownManifest(reference);
  reply(exchange.response, 202, {});
}

async function resolve({ context, name, reference }: Exchange): Promise<Descriptor> {
  const repository = context.storage.repository(name);
  const descriptor =
    isDigest(reference) || isTag(reference) ? await repository.resolve(reference) : undefined;
  if (!descriptor) throw unknownManifest(reference);
  return descriptor;
}

/** The tag in the path, or with a digest there those in the query (`?tag=a&tag=b`, distribution-spec after 1.1). */
function tagsOf({ query, reference }: Exchange): readonly string[] {
  if (!isDigest(reference) && reference.includes(':')) {
    throw new Fault('DIGEST_INVALID', 'a digest is sha256: or sha512: and lower-case hexadecimal digits');
  }
  const tags = isDigest(reference) ? [...new Set(query.getAll('tag'))] : [reference];
  if (tags.length > maxTagParameters) {
    throw new Fault('UNSUPPORTED', `more than ${maxTagParameters} tags`, { status: 414 });
  }
  const wrong = tags.find((tag): boolean => !isTag(tag));
  if (wrong !== undefined) {
    throw new Fault('NAME_INVALID', 'a tag is up to 128 letters, digits, "_", "." and "-"', {
      details: [{ tag: wrong.slice(0, 200) }],
    });
  }
  return tags;
}

function parsed(bytes: Uint8Array, contentType: string | undefined): Manifest {
  try {
    return parseManifest(bytes, contentType);
  } catch (error) {
    throw new Fault('MANIFEST_INVALID', (error as Error).message);
  }
}

/** What a manifest names and its repository lacks; what is there counts as in use. A subject may always be missing. */
async function missingFrom(repository: Repository, manifest: Manifest): Promise<readonly Digest[]> {
  const missing: Digest[] = [];
  for (const { digest, mediaType } of successors(manifest)) {
    // What may not be distributed is held elsewhere.
    if (isForeignLayerMediaType(mediaType)) continue;
    // An index may list blobs too, such as a build cache's layers.
    const found =
      manifest.kind === 'index'
        ? (await repository.hasManifest(digest)) || (await repository.hasBlob(digest))
        : await repository.hasBlob(digest);
    if (!found) missing.push(digest);
  }
  return missing;
}

type Condition = (current: Digest | undefined) => boolean;

/** Conditional writes of a tag (RFC 9110, 13.1): the entity tag of a manifest is its digest. */
function conditionOf(ifMatch: string | undefined, ifNoneMatch: string | undefined): Condition | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  return (current) =>
    (ifMatch === undefined || matches(ifMatch, current)) &&
    (ifNoneMatch === undefined || !matches(ifNoneMatch, current));
}

/** True when a list of entity tags has that of `current`; `*` stands for any there is. */
function matches(list: string | undefined, current: Digest | undefined): boolean {
  if (list === undefined || current === undefined) return false;
  return list.split(',').some((tag) => ['*', `"${current}"`, `W/"${current}"`].includes(tag.trim()));
}

function manifestHeaders({ digest, mediaType }: Descriptor): Headers {
  return { 'Content-Type': mediaType, 'Docker-Content-Digest': digest, ETag: `"${digest}"` };
}

function unknownManifest(reference: string): Fault {
  return new Fault('MANIFEST_UNKNOWN', 'this repository has no such manifest', {
    details: [{ reference: reference.slice(0, 200) }],
  });
}
