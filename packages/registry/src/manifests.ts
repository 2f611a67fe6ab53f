import {
  bareMediaType,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isManifestMediaType,
  LadingError,
  manifestLimits,
  manifestMediaTypes,
  mediaTypes,
  parseManifest,
  verifyContent,
} from '@lading/oci';
import type { LoadedManifest } from '@lading/store';
import { RegistryError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { HttpResponse } from './http.ts';
import type { Call, Session } from './session.ts';

// Schema 1 is asked for as well: a registry that has nothing else says so by sending it, and the message can be clear.
const accept = [...manifestMediaTypes, mediaTypes.dockerSchema1Signed].join(', ');

/** Answers to HEAD after which GET is asked: some registries know no HEAD, or answer it wrongly. */
const headDoubts: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 500, 501]);

/** Tag or digest to descriptor, by HEAD where it can be trusted. */
export async function resolveManifest(
  session: Session,
  reference: string,
  signal?: AbortSignal,
): Promise<Descriptor> {
  if (session.memory.headManifests === false)
    return (await loadManifest(session, reference, signal)).descriptor;
  const call = manifestCall('HEAD', reference, signal);
  const response = await session.call(call);
  await response.body.discard();
  if (response.status === 200) {
    const descriptor = describeHead(response, reference);
    if (descriptor === undefined) return (await loadManifest(session, reference, signal)).descriptor;
    session.memory.headManifests ??= true;
    return descriptor;
  }
  if (headDoubts.has(response.status) && !isTrustedAbsence(session, response)) {
    return resolveByGet(session, reference, response.status, signal);
  }
  throw await failureOf(session.describe(call), response, what(session, reference));
}

/** Asks again where HEAD may have been wrong, and learns whether it was. */
async function resolveByGet(
  session: Session,
  reference: string,
  headStatus: number,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  try {
    const { descriptor } = await loadManifest(session, reference, signal);
    session.memory.headManifests = false;
    return descriptor;
  } catch (error) {
    const isAbsent = (error as { code?: unknown }).code === 'ERR_LADING_NOT_FOUND';
    if (isAbsent && headStatus === 404) session.memory.headManifests = true;
    throw error;
  }
}

/** A manifest's bytes as they are, verified when they were asked for by digest. */
export async function loadManifest(
  session: Session,
  reference: string,
  signal?: AbortSignal,
): Promise<LoadedManifest> {
  const { descriptor, bytes } = await loadManifestResponse(session, reference, signal);
  return { descriptor, bytes };
}

/** As `loadManifest`, with the answer it came in. */
export async function loadManifestResponse(
  session: Session,
  reference: string,
  signal?: AbortSignal,
): Promise<LoadedManifest & { readonly response: HttpResponse }> {
  const call = manifestCall('GET', reference, signal);
  const response = await session.call(call);
  if (response.status !== 200)
    throw await failureOf(session.describe(call), response, what(session, reference));
  const contentType = response.headers.get('content-type');
  if (contentType !== undefined && bareMediaType(contentType) === 'text/html') {
    await response.body.discard();
    throw new RegistryError(
      'ERR_LADING_REGISTRY',
      `${session.host} answered with a web page instead of the manifest ${what(session, reference)}`,
      { status: 200, hint: 'check the name: some registries answer so when a repository cannot exist' },
    );
  }
  const bytes = await response.body.bytes(manifestLimits.maxBytes);
  return { descriptor: describeBytes(session, reference, bytes, response), bytes, response };
}

/** Content of an unknown type that the registry keeps among its manifests, verified. */
export async function fetchUnknownManifest(
  session: Session,
  target: Descriptor,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const call: Call = {
    method: 'GET',
    path: `manifests/${target.digest}`,
    actions: ['pull'],
    headers: { accept: target.mediaType },
    bodyLimit: manifestLimits.maxBytes,
    signal,
  };
  const response = await session.call(call);
  if (response.status !== 200) {
    throw await failureOf(session.describe(call), response, what(session, target.digest));
  }
  const bytes = await response.body.bytes(manifestLimits.maxBytes);
  verifyContent(target, bytes);
  return bytes;
}

export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** False: a failure is the caller's to heal. */
  readonly retry?: boolean | undefined;
}

/** Stores a manifest under a tag or its digest. @returns the answer, a success. */
export async function putManifest(
  session: Session,
  manifest: Descriptor,
  bytes: Uint8Array,
  reference: string,
  options: PutOptions = {},
): Promise<HttpResponse> {
  if (bytes.byteLength > manifestLimits.maxPushBytes) {
    throw new RegistryError(
      'ERR_LADING_TOO_LARGE',
      `the manifest ${manifest.digest} has ${bytes.byteLength} bytes; registries take ${manifestLimits.maxPushBytes}`,
    );
  }
  const call: Call = {
    method: 'PUT',
    path: `manifests/${reference}`,
    actions: ['pull', 'push'],
    headers: { ...options.headers, 'content-type': manifest.mediaType },
    body: bytes,
    retry: options.retry,
    signal: options.signal,
  };
  const response = await session.call(call);
  if (response.status < 200 || response.status > 202) {
    throw await failureOf(session.describe(call), response, what(session, reference));
  }
  await response.body.discard();
  checkDigestHeader(session, response, manifest.digest);
  return response;
}

/** A server that stored other bytes than it was sent says so in its digest. */
export function checkDigestHeader(session: Session, response: HttpResponse, expected: Digest): void {
  const said = response.headers.get('docker-content-digest');
  if (!isDigest(said) || digestAlgorithm(said) !== digestAlgorithm(expected) || said === expected) return;
  throw new LadingError('ERR_LADING_CONTENT_MISMATCH', `${session.host} stored ${expected} as ${said}`);
}

/** How messages name a tag or digest of a repository. */
export function what(session: Session, reference: string): string {
  return `${session.repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** A missing thing as `undefined` instead of an error. */
export async function absentAsUndefined<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_LADING_NOT_FOUND') return undefined;
    throw error;
  }
}

function manifestCall(method: 'GET' | 'HEAD', reference: string, signal: AbortSignal | undefined): Call {
  return {
    method,
    path: `manifests/${reference}`,
    actions: ['pull'],
    headers: { accept },
    bodyLimit: manifestLimits.maxBytes,
    signal,
  };
}

/** The descriptor in a HEAD's headers, when they say all of it. */
function describeHead(response: HttpResponse, reference: string): Descriptor | undefined {
  const { headers } = response;
  const said = headers.get('docker-content-digest');
  const digest = isDigest(reference) ? reference : said;
  const mediaType = bareMediaType(headers.get('content-type') ?? '');
  const length = headers.get('content-length') ?? '';
  // A compressed answer has the length of the compressed bytes.
  const plain = (headers.get('content-encoding') ?? 'identity') === 'identity';
  if (!isDigest(digest) || !isManifestMediaType(mediaType) || !/^[1-9]\d*$/.test(length) || !plain)
    return undefined;
  if (
    isDigest(reference) &&
    isDigest(said) &&
    said !== reference &&
    digestAlgorithm(said) === digestAlgorithm(reference)
  ) {
    return undefined;
  }
  return { mediaType, digest, size: Number(length) };
}

/** A 404 to HEAD that looks like a registry's own, or any once HEAD has proved right: the manifest is not there. */
function isTrustedAbsence(session: Session, response: HttpResponse): boolean {
  if (response.status !== 404) return false;
  const isErrorDocument =
    bareMediaType(response.headers.get('content-type') ?? '') === 'application/json' &&
    Number(response.headers.get('content-length') ?? 0) > 0;
  return session.memory.headManifests === true || isErrorDocument;
}

function describeBytes(
  session: Session,
  reference: string,
  bytes: Uint8Array,
  response: HttpResponse,
): Descriptor {
  const said = response.headers.get('docker-content-digest');
  const algorithm = isDigest(reference)
    ? digestAlgorithm(reference)
    : isDigest(said)
      ? digestAlgorithm(said)
      : 'sha256';
  const digest = digestOf(bytes, algorithm);
  const expected = isDigest(reference) ? reference : isDigest(said) ? said : digest;
  if (digest !== expected) {
    throw new LadingError(
      'ERR_LADING_CONTENT_MISMATCH',
      `${session.host} gave bytes that hash to ${digest} for ${what(session, reference)}${expected === reference ? '' : `, which it calls ${expected}`}`,
    );
  }
  const { mediaType } = parseManifest(bytes, response.headers.get('content-type'));
  return { mediaType, digest, size: bytes.byteLength };
}
