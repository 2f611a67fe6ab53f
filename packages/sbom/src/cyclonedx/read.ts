import { type Digest, digestOf, isDigest } from '@lading/oci';
import type { Bom, BomNote, Dependency } from '../bom.ts';
import { compare } from '../compare.ts';
import { parseBoundedJson, textOfDocument } from '../formats/document-text.ts';
import { sbomError } from '../formats/errors.ts';
import { ownPrefix, trivyPrefix } from '../formats/facts.ts';
import { rootId } from '../formats/graph.ts';
import { type SbomLimits, sbomLimits } from '../formats/limits.ts';
import { type ImageOfFacts, imageOfFacts, withoutUndefined } from '../formats/read-facts.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { parsePurl } from '../purl/purl.ts';
import { factsOf, packageOf, systemOf } from './read-component.ts';
import { Components } from './read-components.ts';
import { jsonOfXml } from './read-xml.ts';

/**
 * Reads CycloneDX 1.2 to 1.7, JSON or XML, of any maker. What lading wrote comes back as it was; of others' documents no package is lost,
 * and what a BOM has no place for (files, services, vulnerabilities) is told of in a note.
 * @throws {LadingError} `ERR_LADING_SBOM`: no CycloneDX, a version that is not read, two components of one `bom-ref`, or more than the limits.
 */
export function parseCycloneDx(document: string | Uint8Array, limits: Partial<SbomLimits> = {}): Bom {
  const all = { ...sbomLimits, ...limits };
  const text = textOfDocument(document, all);
  const value = /^\s*</.test(text) ? jsonOfXml(text, all) : parseBoundedJson(text, all);
  return bomOfCycloneDx(value, all, () => digestOf(new TextEncoder().encode(text)));
}

/** Reads parsed JSON, of which `digest` tells where the document does not say what it is about. */
export function bomOfCycloneDx(value: unknown, limits: SbomLimits, digest: () => Digest): Bom {
  const document = objectOf(value);
  if (document?.bomFormat !== 'CycloneDX') throw sbomError('the SBOM is not one of CycloneDX');
  const version = textOf(document.specVersion) ?? '';
  if (!/^1\.[2-7]$/.test(version)) {
    throw sbomError(`CycloneDX ${JSON.stringify(version.slice(0, 20))} is not read, 1.2 to 1.7 are`);
  }
  const root = objectOf(objectOf(document.metadata)?.component);
  const isOurs = factsOf(root).get(`${ownPrefix}image:mediaType`) !== undefined;
  const parts = new Components(document, root, isOurs, limits);
  const image = imageOfFacts(factsOf(root), isOurs ? undefined : layerDigests(parts));
  const context = { layers: image.layers, os: parts.system && systemOf(parts.system) };
  const packages = [...parts.packages]
    .map(([id, component]) => packageOf(component, id, context))
    .sort((a, b) => compare(a.id, b.id));
  const { dependencies, dangling } = dependenciesOf(document, parts, isOurs);
  const variants = parts.variants.map(variantOf);
  return withoutUndefined({
    subject: subjectOf(document, root, image, digest),
    variants: variants.length > 0 ? variants : undefined,
    os: context.os,
    packages,
    dependencies,
    notes: [...image.notes, ...(isOurs ? [] : notesOf(document, parts.fileCount, dangling))],
  });
}

function variantOf(component: JsonObject): NonNullable<Bom['variants']>[number] {
  const { mediaType = '', size, platform } = imageOfFacts(factsOf(component));
  const digest = component.version;
  if (!isDigest(digest)) throw sbomError('an image of the index has no digest');
  return {
    name: textOf(component.name) ?? '',
    descriptor: { mediaType, digest, size },
    ...(platform !== undefined && { platform }),
  };
}

function dependenciesOf(
  document: JsonObject,
  parts: Components,
  isOurs: boolean,
): { dependencies: Dependency[]; dangling: number } {
  const targets = new Map<string, Set<string>>();
  const add = (from: string, to: string): void => {
    if (from === to || to === rootId) return;
    const there = targets.get(from);
    if (there === undefined) targets.set(from, new Set([to]));
    else there.add(to);
  };
  let dangling = 0;
  for (const { ref, dependsOn } of objectsOf(document.dependencies)) {
    const from = parts.names.get(textOf(ref) ?? '');
    for (const target of listOf(dependsOn)) {
      const to = parts.names.get(textOf(target) ?? '');
      if (from !== undefined && to !== undefined) add(from, to);
      else if (!parts.files.has(textOf(ref) ?? '') && !parts.files.has(textOf(target) ?? '')) dangling++;
    }
  }
  for (const id of parts.ofRoot) add(rootId, id);
  if (!isOurs) for (const { from, to } of parts.nested) add(from, to);
  const dependencies = [...targets]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([from, to]) => [...to].sort(compare).map((id) => ({ from, to: id })));
  return { dependencies, dangling };
}

/** By the diffIDs of their layers, as trivy says them with each package. */
function layerDigests({ packages }: Components): Map<string, Digest> {
  const digests = new Map<string, Digest>();
  for (const component of packages.values()) {
    const facts = factsOf(component);
    const digest = facts.get(`${trivyPrefix}LayerDigest`);
    const diffId = facts.get(`${trivyPrefix}LayerDiffID`);
    if (isDigest(digest) && diffId !== undefined) digests.set(diffId, digest);
  }
  return digests;
}

function subjectOf(
  document: JsonObject,
  root: JsonObject | undefined,
  { mediaType, size, platform, created, layers, base }: ImageOfFacts,
  digest: () => Digest,
): Bom['subject'] {
  const own = digestIn(root);
  return withoutUndefined({
    name: textOf(root?.name) ?? textOf(document.serialNumber) ?? 'unknown',
    descriptor: {
      mediaType: mediaType ?? (root?.type === 'container' && own ? imageType : documentType),
      // Of what has no digest of its own, the document tells: its own digest stands for it.
      digest: own ?? digest(),
      size,
    },
    platform,
    created,
    layers,
    base,
  });
}

/** What an image's digest stands for, where nobody says it. */
const imageType = 'application/vnd.oci.image.manifest.v1+json';
const documentType = 'application/vnd.cyclonedx+json';

/** The digest of what the document is about, where it is told: as version, in the purl, in trivy's properties, as a hash. */
function digestIn(root: JsonObject | undefined): Digest | undefined {
  const repoDigest = factsOf(root).get(`${trivyPrefix}RepoDigest`);
  const hash = objectsOf(root?.hashes).find(({ alg }) => alg === 'SHA-256');
  const candidates = [
    root?.version,
    parsePurl(textOf(root?.purl) ?? '')?.version,
    repoDigest?.slice(repoDigest.indexOf('@') + 1),
    hash === undefined ? undefined : `sha256:${hash.content}`,
  ];
  return candidates.find(isDigest);
}

function notesOf({ services, vulnerabilities }: JsonObject, files: number, dangling: number): BomNote[] {
  const notes: BomNote[] = [];
  for (const [what, count] of [
    ['files', files],
    ['services', listOf(services).length],
    ['vulnerabilities', listOf(vulnerabilities).length],
  ] as const) {
    if (count > 0) notes.push({ code: 'skipped', message: `the document's ${what} (${count}) are not kept` });
  }
  if (dangling > 0) {
    const message = `dependencies (${dangling}) lead from or to what is not among the document's components`;
    notes.push({ code: 'partial', message });
  }
  return notes;
}
