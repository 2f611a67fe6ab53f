import { type Digest, isTag, LadingError, parseDigest, parseReference, type Reference } from '@lading/oci';

/** A file or folder of this machine that holds images. */
export type LocalLocation =
  | {
      readonly kind: 'oci' | 'oci-archive';
      readonly path: string;
      readonly tag?: string;
      readonly digest?: Digest;
    }
  | {
      readonly kind: 'docker-archive';
      readonly path: string;
      /** A tag or a whole reference, as docker names images. */
      readonly reference?: string;
    };

/** Where an image is: at a registry, or on this machine. */
export type Location = { readonly kind: 'registry'; readonly reference: Reference } | LocalLocation;

/**
 * Reads `oci:DIR[:TAG|@DIGEST]`, `oci-archive:FILE[:TAG|@DIGEST]`, `docker-archive:FILE[:REFERENCE]`, or a reference of a registry.
 * Paths may have colons as long as what follows the last one is no tag; the path of a docker archive ends at its first.
 *
 * @throws {LadingError} `ERR_LADING_REFERENCE`, `ERR_LADING_DIGEST`
 */
export function parseLocation(text: string): Location {
  const [, kind, rest = ''] = /^(oci|oci-archive|docker-archive):(.*)$/s.exec(text) ?? [];
  if (kind === undefined) return { kind: 'registry', reference: parseReference(text) };
  const location = kind === 'docker-archive' ? parseDockerArchive(rest) : parseLayout(kind as 'oci', rest);
  if (location.path !== '') return location;
  throw new LadingError('ERR_LADING_REFERENCE', `${JSON.stringify(text)} names no file or folder`, {
    hint: `Write ${kind}:PATH.`,
  });
}

function parseLayout(kind: 'oci' | 'oci-archive', rest: string): LocalLocation {
  const at = /@(?=sha(?:256|512):[^/]*$)/.exec(rest)?.index;
  if (at !== undefined) return { kind, path: rest.slice(0, at), digest: parseDigest(rest.slice(at + 1)) };
  const colon = rest.lastIndexOf(':');
  const tag = rest.slice(colon + 1);
  return colon >= 0 && isTag(tag) ? { kind, path: rest.slice(0, colon), tag } : { kind, path: rest };
}

function parseDockerArchive(rest: string): LocalLocation {
  const kind = 'docker-archive';
  // A drive letter is no path.
  const colon = rest.indexOf(':', /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0);
  if (colon < 0) return { kind, path: rest };
  const reference = rest.slice(colon + 1);
  if (!isTag(reference)) parseReference(reference);
  return { kind, path: rest.slice(0, colon), reference };
}
