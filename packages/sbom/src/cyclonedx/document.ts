import type { Bom } from '../bom.ts';
import { rootedDependencies, rootId } from '../formats/graph.ts';
import { type DocumentOptions, timestampOf } from '../formats/options.ts';
import { isDistributed } from '../purl/package-purl.ts';
import {
  emailOf,
  packageComponent,
  rootComponent,
  serialOf,
  systemComponent,
  variantComponent,
} from './component.ts';
import type { Component, Composition, CycloneDxVersion, DependencyLine, Metadata } from './model.ts';
import { References } from './references.ts';

export interface CycloneDxOptions extends DocumentOptions {
  /** 1.6 by default: the oldest one that BSI TR-03183-2 takes. */
  readonly version?: CycloneDxVersion | undefined;
}

/** A document in its parts. The long lists are made as they are gone through, and once. */
export interface CycloneDxDocument {
  readonly version: CycloneDxVersion;
  readonly serialNumber: string;
  readonly metadata: Metadata;
  readonly components: Iterable<Component>;
  readonly dependencies: Iterable<DependencyLine>;
  readonly compositions: readonly Composition[];
}

/** `legible` makes of a text what the format at hand can say. */
export function documentOf(
  bom: Bom,
  options: CycloneDxOptions,
  legible: (text: string) => string,
): CycloneDxDocument {
  const version = options.version ?? '1.6';
  const refs = new References(bom, legible);
  return {
    version,
    serialNumber: `urn:uuid:${serialOf(bom.subject)}`,
    metadata: metadataOf(bom, options, version, refs.root),
    components: componentsOf(bom, version, refs),
    dependencies: dependenciesOf(bom, refs),
    compositions: [{ aggregate: aggregateOf(bom), assemblies: [refs.root], dependencies: [refs.root] }],
  };
}

/** Whatever no package manager knows of may be missing in an image; what could not be read, or was left out, is. An index says all of its images. */
function aggregateOf({ notes, subject, variants }: Bom): Composition['aggregate'] {
  if (notes.length > 0 || subject.base !== undefined) return 'incomplete';
  return variants === undefined ? 'unknown' : 'complete';
}

function metadataOf(
  bom: Bom,
  { tool, author, context, ...options }: CycloneDxOptions,
  version: CycloneDxVersion,
  root: string,
): Metadata {
  const { vendor, name, version: toolVersion } = tool;
  return {
    timestamp: timestampOf({ tool, ...options }, bom.subject.created),
    // CISA's `Build` and `Analyzed` by the names that CycloneDX has for them.
    lifecycles: version === '1.4' ? undefined : [{ phase: context === 'build' ? 'build' : 'post-build' }],
    tools:
      version === '1.4'
        ? [{ vendor, name, version: toolVersion }]
        : { components: [{ type: 'application', publisher: vendor, name, version: toolVersion }] },
    authors: author === undefined ? undefined : [{ name: author.name, email: emailOf(author.email) }],
    component: rootComponent(bom, root),
  };
}

function* componentsOf(bom: Bom, version: CycloneDxVersion, refs: References): Generator<Component> {
  if (bom.os !== undefined) yield systemComponent(bom.os, refs.system);
  for (const [index, variant] of (bom.variants ?? []).entries()) {
    yield variantComponent(variant, refs.variants[index]!);
  }
  for (const { pkg, ref } of refs.packages) yield packageComponent(pkg, ref, bom, version);
}

/** Everything has its line, also what needs nothing: that it needs nothing is then said. */
function* dependenciesOf(bom: Bom, refs: References): Generator<DependencyLine> {
  const needs = new Map<string, string[]>();
  for (const { from, to } of rootedDependencies(bom)) {
    const there = needs.get(from);
    if (there === undefined) needs.set(from, [refs.of(to)]);
    else there.push(refs.of(to));
  }
  const system = bom.os === undefined ? [] : [refs.system];
  yield { ref: refs.root, dependsOn: [...system, ...refs.variants, ...(needs.get(rootId) ?? [])] };
  for (const ref of system) {
    // trivy takes what is below the system for its packages, and refuses two kinds of them that hang on nothing.
    const own = refs.packages.filter(({ pkg }) => isDistributed(pkg.type));
    yield { ref, dependsOn: own.map(({ ref }) => ref) };
  }
  for (const ref of refs.variants) yield { ref, dependsOn: [] };
  for (const { pkg, ref } of refs.packages) yield { ref, dependsOn: needs.get(pkg.id) ?? [] };
}
