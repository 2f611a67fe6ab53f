import { join } from 'node:path';
import { type Digest, digestAlgorithm, digestHex, isDigest } from '@lading/oci';

/**
 * Where everything lies. The files are the whole truth: there is no database, and nothing in memory that a restart would miss.
 *
 * ```text
 * registry.json                                              what this folder is
 * uploads/ID                                                 what is not finished yet
 * blobs/sha256/ab/abcd…                                      content by digest, shared by all repositories
 * repositories/NAME/_blobs/sha256/abcd…                      the repository has this blob (an empty file)
 * repositories/NAME/_manifests/sha256/abcd…                  the repository has this manifest (its descriptor)
 * repositories/NAME/_tags/TAG                                what a tag points at (a descriptor)
 * repositories/NAME/_referrers/sha256/abcd…/sha256/ef01…     what refers to a subject (a descriptor, as the referrers API lists it)
 * ```
 *
 * No part of a repository's name starts with `_`, so the folders of one never meet the name of another.
 */
export interface Layout {
  readonly root: string;
  readonly marker: string;
  readonly uploads: string;
  readonly blobs: string;
  readonly repositories: string;
  content(digest: Digest): string;
  repository(name: string): RepositoryLayout;
}

/** The folders and files of one repository. */
export interface RepositoryLayout {
  readonly root: string;
  readonly blobs: string;
  readonly manifests: string;
  readonly tags: string;
  readonly referrers: string;
  blob(digest: Digest): string;
  manifest(digest: Digest): string;
  tag(tag: string): string;
  referrersOf(subject: Digest): string;
  referrer(subject: Digest, digest: Digest): string;
}

export function layoutOf(root: string): Layout {
  const repositories = join(root, 'repositories');
  const blobs = join(root, 'blobs');
  return {
    root,
    marker: join(root, 'registry.json'),
    uploads: join(root, 'uploads'),
    blobs,
    repositories,
    content: (digest) =>
      join(blobs, digestAlgorithm(digest), digestHex(digest).slice(0, 2), digestHex(digest)),
    repository: (name) => repositoryLayout(join(repositories, name)),
  };
}

function repositoryLayout(root: string): RepositoryLayout {
  const [blobs, manifests, tags, referrers] = ['_blobs', '_manifests', '_tags', '_referrers'].map((name) =>
    join(root, name),
  ) as [string, string, string, string];
  return {
    root,
    blobs,
    manifests,
    tags,
    referrers,
    blob: (digest) => join(blobs, digestPath(digest)),
    manifest: (digest) => join(manifests, digestPath(digest)),
    tag: (tag) => join(tags, tag),
    referrersOf: (subject) => join(referrers, digestPath(subject)),
    referrer: (subject, digest) => join(referrers, digestPath(subject), digestPath(digest)),
  };
}

/** `sha256:abcd…` as `sha256/abcd…`. */
function digestPath(digest: Digest): string {
  return join(digestAlgorithm(digest), digestHex(digest));
}

/** The digest that a folder's and a file's name make, when they make one. */
export function digestFromNames(algorithm: string, hex: string): Digest | undefined {
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}
