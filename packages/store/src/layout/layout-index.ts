import { type Descriptor, formatReference, isDigest, isTag, LadingError, parseReference } from '@lading/oci';

/** Names a manifest within a layout (image-spec, annotations.md); most tools put a tag here, some a whole reference. */
export const refNameAnnotation = 'org.opencontainers.image.ref.name';
/** Where docker, buildkit and containerd put the whole reference. */
export const imageNameAnnotation = 'io.containerd.image.name';

/** The annotations that name an entry: they are the layout's, not the image's. */
export const nameAnnotations: readonly string[] = [refNameAnnotation, imageNameAnnotation];

/** The `index.json` of a layout (image-spec, image-layout.md), with whatever other tools put into it. */
export interface LayoutIndex {
  readonly manifests: readonly Descriptor[];
}

/**
 * Reads an `index.json`.
 * @param where How the error names it.
 * @throws {LadingError} `ERR_LADING_LAYOUT`
 */
export function parseLayoutIndex(bytes: Uint8Array, where: string): LayoutIndex {
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LadingError('ERR_LADING_LAYOUT', `${where}: index.json is not JSON`, { cause });
  }
  const manifests = (index as Partial<LayoutIndex> | null)?.manifests ?? [];
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor)) {
    throw new LadingError('ERR_LADING_LAYOUT', `${where}: index.json is not an image index`);
  }
  return { ...(index as object), manifests };
}

/** The bytes of an `index.json`. */
export function formatLayoutIndex(index: LayoutIndex): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, ...index }));
}

/** The tag by which an entry is known: what its annotations say, or the tag in the reference that they have. */
export function tagOf({ annotations = {} }: Descriptor): string | undefined {
  const refName = annotations[refNameAnnotation];
  if (isTag(refName)) return refName;
  return referenceOf(annotations[imageNameAnnotation])?.tag ?? referenceOf(refName)?.tag;
}

/**
 * Finds what a tag, a whole reference or a digest names.
 * @throws {LadingError} `ERR_LADING_LAYOUT`: several manifests have the name.
 */
export function findEntry(
  { manifests }: LayoutIndex,
  reference: string,
  where: string,
): Descriptor | undefined {
  const found = manifests.filter((entry) => isNamed(entry, reference));
  if (new Set(found.map((entry) => entry.digest)).size > 1) {
    throw new LadingError('ERR_LADING_LAYOUT', `${where} has ${found.length} manifests named ${reference}`, {
      hint: `Name one by its digest: ${found.map((entry) => entry.digest).join(', ')}.`,
    });
  }
  return found[0];
}

/** The index with `entry` as the only one of its name. Without a name it is listed once, and gives way to a named one. */
export function withEntry(index: LayoutIndex, entry: Descriptor, name: string | undefined): LayoutIndex {
  if (name === undefined) {
    const listed = index.manifests.some((other) => other.digest === entry.digest);
    return listed ? index : { ...index, manifests: [...index.manifests, entry] };
  }
  const others = index.manifests.filter(
    (other) => !isNamed(other, name) && (other.digest !== entry.digest || tagOf(other) !== undefined),
  );
  return { ...index, manifests: [...others, entry] };
}

/** The index without what a tag or digest names. */
export function withoutEntry(index: LayoutIndex, reference: string): LayoutIndex {
  return { ...index, manifests: index.manifests.filter((entry) => !isNamed(entry, reference)) };
}

function isNamed(entry: Descriptor, reference: string): boolean {
  if (isDigest(reference)) return entry.digest === reference;
  const names = nameAnnotations.map((key) => entry.annotations?.[key]);
  if (names.includes(reference) || tagOf(entry) === reference) return true;
  // `alpine:3.17` and `docker.io/library/alpine:3.17` are one name; a bare tag is never read as a repository.
  const whole = /[:/]/.test(reference) ? wholeName(reference) : undefined;
  return whole !== undefined && names.some((name) => wholeName(name) === whole);
}

function wholeName(name: string | undefined): string | undefined {
  const reference = referenceOf(name);
  return reference && formatReference(reference);
}

function referenceOf(name: string | undefined): ReturnType<typeof parseReference> | undefined {
  try {
    return name === undefined ? undefined : parseReference(name);
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== 'object' || value === null) return false;
  const { mediaType, digest, size } = value as Partial<Record<keyof Descriptor, unknown>>;
  return typeof mediaType === 'string' && isDigest(digest) && Number.isSafeInteger(size);
}

/** An entry as `resolve` tells it: annotations and platform are the layout's business. */
export function bareDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
