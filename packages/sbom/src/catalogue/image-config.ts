import { type Descriptor, type Digest, isDigest, LadingError, type Platform } from '@lading/oci';
import * as z from 'zod/mini';
import type { CatalogueErrorCode } from './errors.ts';

/** A layer as manifest and config describe it together. */
export interface ImageLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  /** The command that made it. */
  readonly createdBy?: string | undefined;
}

/** What an image's config says (image-spec 1.1, config.md). */
export interface ImageConfig {
  readonly platform: Platform | undefined;
  readonly created: Date | undefined;
  readonly layers: readonly ImageLayer[];
}

const maxCreatedByLength = 1000;
/** Of the name of a system or an architecture. Letters. */
const maxPlatformLength = 128;
const platformName = z.catch(z.nullish(z.string().check(z.maxLength(maxPlatformLength))), undefined);

const schema = z.object({
  os: platformName,
  architecture: platformName,
  variant: platformName,
  created: z.catch(z.nullish(z.string()), undefined),
  rootfs: z.nullish(z.object({ diff_ids: z.nullish(z.array(z.custom<Digest>(isDigest))) })),
  // Histories are for people: one that does not hold is none.
  history: z.catch(
    z.nullish(z.array(z.object({ created_by: z.nullish(z.string()), empty_layer: z.nullish(z.boolean()) }))),
    undefined,
  ),
});

/**
 * Reads an image's config, and puts its diffIDs to the layers of the manifest.
 * @param name Of the image, for errors.
 * @throws {LadingError} `ERR_LADING_NOT_AN_IMAGE`: it is no config of an image, or one of an image with other layers.
 */
export function parseImageConfig(
  bytes: Uint8Array,
  layers: readonly Descriptor[],
  name: string,
): ImageConfig {
  const { os, architecture, variant, created, rootfs, history } = parse(bytes, name);
  const diffIds = rootfs?.diff_ids ?? [];
  if (diffIds.length !== layers.length) {
    throw notAnImage(`the config of ${name} names ${diffIds.length} layers, its manifest ${layers.length}`);
  }
  const commands = (history ?? []).filter((step) => step.empty_layer !== true);
  const isTold = commands.length === layers.length;
  return {
    platform: os && architecture ? { os, architecture, ...(variant ? { variant } : {}) } : undefined,
    created: dateOf(created),
    layers: layers.map((descriptor, index) => ({
      descriptor,
      diffId: diffIds[index]!,
      createdBy: isTold ? commands[index]!.created_by?.slice(0, maxCreatedByLength) || undefined : undefined,
    })),
  };
}

export function notAnImage(why: string, cause?: unknown): LadingError<CatalogueErrorCode> {
  return new LadingError<CatalogueErrorCode>('ERR_LADING_NOT_AN_IMAGE', `not an image: ${why}`, {
    hint: 'Only what container engines run can be catalogued: a manifest with the config of an image and its layers.',
    cause,
  });
}

function parse(bytes: Uint8Array, name: string): z.infer<typeof schema> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw notAnImage(`the config of ${name} is not JSON`, cause);
  }
  const result = z.safeParse(schema, document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw notAnImage(`the config of ${name} is broken at "${issue?.path.join('.')}"`);
}

/** RFC 3339, as the specification wants it: other texts would be read in the time zone of this machine. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const end = Date.UTC(10_000, 0);

/** Reproducible builds often say 1970: that is a time, too. The year 1 is how Go says that there is none. */
function dateOf(text: string | null | undefined): Date | undefined {
  const upper = text?.toUpperCase() ?? '';
  const date = new Date(time.test(upper) ? upper : '');
  return date.getTime() >= 0 && date.getTime() < end ? date : undefined;
}
