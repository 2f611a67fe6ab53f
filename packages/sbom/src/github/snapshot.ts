import type { Bom, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { rootedDependencies, rootId } from '../formats/graph.ts';
import { type DocumentOptions, timestampOf } from '../formats/options.ts';
import { purlOf } from '../purl/package-purl.ts';

export interface GitHubSnapshotOptions extends DocumentOptions {
  /** The commit that the image was made of. 40 hexadecimal digits. */
  readonly sha: string;
  /** `refs/heads/main`. */
  readonly ref: string;
  readonly job: {
    readonly id: string;
    /** The same in every run for the same image and platform: a later snapshot takes the place of an earlier one that has it too. */
    readonly correlator: string;
    readonly htmlUrl?: string | undefined;
  };
  /** What the packages are filed under; else the image's name and platform. */
  readonly manifestName?: string | undefined;
  /** Where one learns of the tool. */
  readonly toolUrl: string;
}

/** A dependency snapshot as GitHub takes it (REST API, dependency submission). */
export interface GitHubSnapshot {
  readonly version: 0;
  readonly sha: string;
  readonly ref: string;
  readonly job: { readonly id: string; readonly correlator: string; readonly html_url?: string | undefined };
  readonly detector: { readonly name: string; readonly version: string; readonly url: string };
  /** RFC 3339. */
  readonly scanned: string;
  readonly manifests: Readonly<Record<string, GitHubManifest>>;
}

export interface GitHubManifest {
  readonly name: string;
  readonly file: { readonly source_location: string };
  readonly metadata: Readonly<Record<string, string>>;
  /** By their purls. */
  readonly resolved: Readonly<Record<string, GitHubDependency>>;
}

export interface GitHubDependency {
  readonly package_url: string;
  readonly relationship: 'direct' | 'indirect';
  readonly scope: 'runtime';
  readonly dependencies: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Characters of a value of metadata. */
const maxValueLength = 1024;

/**
 * A BOM as a dependency snapshot. The image is the one manifest, named without tag and digest, so that the next build's snapshot takes the place of
 * this one. Packages that have no purl are left out: GitHub knows packages by them alone.
 */
export function githubSnapshot(bom: Bom, options: GitHubSnapshotOptions): GitHubSnapshot {
  const { tool, sha, ref, job } = options;
  const name = options.manifestName ?? manifestNameOf(bom);
  return {
    version: 0,
    sha,
    ref,
    job: {
      id: job.id,
      correlator: job.correlator,
      ...(job.htmlUrl !== undefined && { html_url: job.htmlUrl }),
    },
    detector: { name: tool.name, version: tool.version, url: options.toolUrl },
    // GitHub demands a time; where nobody knows one, this says so.
    scanned: timestampOf(options, bom.subject.created) ?? '1970-01-01T00:00:00Z',
    manifests: Object.fromEntries([
      [
        name,
        {
          name,
          file: { source_location: bom.subject.name },
          metadata: manifestMetadata(bom),
          resolved: resolvedOf(bom),
        },
      ],
    ]),
  };
}

function manifestNameOf({ subject: { name, platform } }: Bom): string {
  if (platform === undefined) return name;
  return `${name} (${[platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')})`;
}

function manifestMetadata({ subject, os }: Bom): Record<string, string> {
  return {
    'lading:digest': subject.descriptor.digest,
    ...(os !== undefined && {
      'lading:distro': cut(os.versionId === undefined ? os.id : `${os.id}-${os.versionId}`),
    }),
  };
}

/** A package that is installed in two places has one purl, and what either of them needs. */
function resolvedOf(bom: Bom): Record<string, GitHubDependency> {
  const purls = new Map<string, string>();
  const byPurl = new Map<string, Package>();
  for (const pkg of [...bom.packages].sort((a, b) => compare(a.id, b.id))) {
    const purl = purlOf(pkg, bom.os);
    if (!purl) continue;
    purls.set(pkg.id, purl);
    if (!byPurl.has(purl)) byPurl.set(purl, pkg);
  }
  const needs = new Map<string, Set<string>>();
  const direct = new Set<string>();
  for (const { from, to } of rootedDependencies(bom)) {
    const target = purls.get(to);
    if (target === undefined) continue;
    if (from === rootId) direct.add(target);
    const source = purls.get(from);
    if (source === undefined || source === target) continue;
    const there = needs.get(source);
    if (there === undefined) needs.set(source, new Set([target]));
    else there.add(target);
  }
  return Object.fromEntries(
    [...byPurl]
      .sort(([a], [b]) => compare(a, b))
      .map(([purl, { evidence }]) => {
        const path = evidence[0]?.path;
        const layer = evidence[0]?.layer?.diffId;
        return [
          purl,
          {
            package_url: purl,
            relationship: direct.has(purl) ? 'direct' : 'indirect',
            scope: 'runtime',
            dependencies: [...(needs.get(purl) ?? [])].sort(compare),
            metadata: {
              ...(path !== undefined && { 'lading:path': cut(path) }),
              ...(layer !== undefined && { 'lading:layer': layer }),
            },
          },
        ];
      }),
  );
}

function cut(text: string): string {
  return text.slice(0, maxValueLength).toWellFormed();
}
