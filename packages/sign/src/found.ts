import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  isLadingError,
  isSameCosignLayer,
} from '@lading/oci';
import { type ContentStore, isNotFound, readAll } from '@lading/store';
import { type Attachment, type AttachmentKind, isContentProblem, readAttached } from './attachments.ts';
import { isBundleMediaType, parseBundle } from './formats/bundle.ts';
import { type Claim, readClaim } from './formats/claim.ts';
import { MalformedError, shown } from './formats/json.ts';
import { legacyMediaTypes, parseLegacyLayer } from './formats/legacy-layer.ts';
import type { SignatureMaterial } from './material.ts';
import { mapOf, Room } from './pool.ts';
import type { Rejection } from './verify/types.ts';

/** Where one signature or attestation is. */
export interface SignatureLocation {
  readonly format: 'bundle' | 'legacy';
  /** The manifest that holds it. */
  readonly manifest: Digest;
  /** The tag of that manifest; referrers have none. */
  readonly tag?: string | undefined;
  /** Which of the manifest's layers, counted from 0. */
  readonly layer: number;
  /** The blob: the bundle, the payload, the envelope. */
  readonly blob: Descriptor;
}

/** Whether two looks found the same one. */
export function isSameSignature(a: SignatureLocation, b: SignatureLocation): boolean {
  // Under a tag the manifest changes with each signature that is added; the layer says which it is.
  return (
    a.tag === b.tag && (a.tag === undefined ? a.manifest === b.manifest : isSameCosignLayer(a.blob, b.blob))
  );
}

/** One signature or attestation as it was found, read and not verified. */
export type FoundSignature =
  | {
      readonly location: SignatureLocation;
      readonly readable: true;
      readonly material: SignatureMaterial;
      readonly claim: Claim;
    }
  | { readonly location: SignatureLocation; readonly readable: false; readonly rejection: Rejection };

export interface ReadLimits {
  /** Bytes of one blob; larger ones are told of and not read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** As many signatures under one tag as cosign reads. */
const maxLayers = 1000;

/** What an attachment holds, layer by layer. What cannot be read is told of in its place and hides nothing beside it. */
export function readSignatures(
  store: ContentStore,
  attachment: Attachment,
  limits: ReadLimits,
): Promise<readonly FoundSignature[]> {
  return eachSignature(store, attachment, { ...limits, room: new Room(limits.maxBytes) }, (found) => found);
}

/**
 * As `readSignatures`, and keeps no more of each than `use` makes of it: of what anybody may attach there can be much, and large.
 * @param limits `room` for all that is held at once, which one operation shares; `maxBytes` at least.
 */
export async function eachSignature<T>(
  store: ContentStore,
  attachment: Attachment,
  limits: ReadLimits & { readonly room: Room },
  use: (found: FoundSignature) => T,
): Promise<readonly T[]> {
  const { descriptor, tag, kind } = attachment;
  const { signal, room } = limits;
  const at = (layer: number, blob: Descriptor): SignatureLocation => ({
    format: kind === 'bundle' ? 'bundle' : 'legacy',
    manifest: descriptor.digest,
    tag,
    layer,
    blob,
  });
  const orRejected = async <T>(
    location: SignatureLocation,
    read: () => Promise<T>,
  ): Promise<T | FoundSignature> => {
    try {
      return await read();
    } catch (error) {
      signal?.throwIfAborted();
      return { location, readable: false, rejection: rejectionOf(error) };
    }
  };

  const layers = await orRejected(at(0, descriptor), async () =>
    layersOf(await readAttached(store, descriptor, { signal }), attachment),
  );
  if ('readable' in layers) return [use(layers)];
  const useOne = (blob: Descriptor, index: number): Promise<T> => {
    const location = at(index, blob);
    const read = async (): Promise<FoundSignature> => ({
      location,
      readable: true,
      ...parse(blob, await readLayer(store, kind, blob, limits)),
    });
    return room.hold(Math.min(blob.size, limits.maxBytes), async () => use(await orRejected(location, read)));
  };
  return await mapOf(layers, useOne, signal);
}

function layersOf({ layers }: ImageManifest, { kind }: Attachment): readonly Descriptor[] {
  if (layers.length > maxLayers) {
    throw new TooLargeError(`it has ${layers.length} layers, more than the limit of ${maxLayers}`);
  }
  if (kind === 'bundle' && layers.length !== 1) {
    throw new MalformedError(`a bundle is one layer, and this has ${layers.length}`);
  }
  return layers;
}

/** A format counts only where its readers look for it: a bundle under the tag of a `.sig` is none of the signatures there. */
function belongsIn(kind: AttachmentKind, mediaType: string): boolean {
  if (kind === 'bundle') return isBundleMediaType(mediaType);
  return mediaType === (kind === 'attestations' ? legacyMediaTypes.attestation : legacyMediaTypes.signature);
}

async function readLayer(
  store: ContentStore,
  kind: AttachmentKind,
  blob: Descriptor,
  { maxBytes, signal }: ReadLimits,
): Promise<Uint8Array> {
  if (!belongsIn(kind, blob.mediaType))
    throw new MalformedError(`a ${shown(blob.mediaType)} is not what belongs there`);
  if (blob.size > maxBytes)
    throw new TooLargeError(`it has ${blob.size} bytes, more than the limit of ${maxBytes}`);
  return await readAll(await store.fetch(blob, { signal }), maxBytes);
}

/** Whatever goes wrong here comes of the content, and must not keep its neighbours from being read. */
function parse(blob: Descriptor, bytes: Uint8Array): { material: SignatureMaterial; claim: Claim } {
  try {
    const material = isBundleMediaType(blob.mediaType)
      ? parseBundle(bytes)
      : parseLegacyLayer({ descriptor: blob, bytes });
    return { material, claim: readClaim(material.content) };
  } catch (error) {
    if (error instanceof MalformedError) throw error;
    throw new MalformedError(`it cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

class TooLargeError extends Error {}

/** @throws the error itself when it says nothing of the content: a store that does not answer, an abort. */
function rejectionOf(error: unknown): Rejection {
  const { message } = error as Error;
  if (error instanceof TooLargeError) return { code: 'too-large', message };
  if (error instanceof MalformedError || isContentProblem(error)) return { code: 'malformed', message };
  // Listed and gone: nothing that counts, and nothing to stop at.
  if (isLadingError(error) && isNotFound(error))
    return { code: 'malformed', message: `it is listed and not there: ${message}` };
  throw error;
}
