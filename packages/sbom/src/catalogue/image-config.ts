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

const schema = z.object({
  os: z.nullish(z.string()),
  architecture: z.nullish(z.string()),
  variant: z.nullish(z.string()),
  created: z.nullish(z.string()),
  rootfs: z.nullish(z.object({ diff_ids: z.nullish(z.array(z.custom<Digest>(isDigest))) })),
  // Histories are for people: one that does not hold is none.
  history: z.catch(
    z.nullish(z.array(z.object({ created_by: z.nullish(z.string()), empty_layer: z.nullish(z.boolean()) }))),
    undefined,
  ),
});

/**
 * Reads an image's config, and puts its diffIDs to the layers of the manifest.
 * @throws {LadingError} `ERR_LADING_NOT_AN_IMAGE`: it is no config of an image, or one of an image with other layers.
 */
export function parseImageConfig(bytes: Uint8Array, layers: readonly Descriptor[]): ImageConfig {
  const { os, architecture, variant, created, rootfs, history } = parse(bytes);
  const diffIds = rootfs?.diff_ids ?? [];
  if (diffIds.length !== layers.length) {
    throw notAnImage(`its config names ${diffIds.length} layers, its manifest ${layers.length}`);
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

function parse(bytes: Uint8Array): z.infer<typeof schema> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw notAnImage('its config is not JSON', cause);
  }
  const result = z.safeParse(schema, document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw notAnImage(`its config is broken at "${issue?.path.join('.')}"`);
}

/** Reproducible builds often say 1970: that is a time, too. Nonsense is none. */
function dateOf(text: string | null | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
