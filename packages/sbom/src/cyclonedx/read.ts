import { type Digest, digestOf, isDigest } from '@lading/oci';
import type { Bom, BomNote, Dependency } from '../bom.ts';
import { parseBoundedJson, textOfDocument } from '../formats/document-text.ts';
import { sbomError } from '../formats/errors.ts';
import { ownPrefix, trivyPrefix } from '../formats/facts.ts';
import { compare, rootId } from '../formats/graph.ts';
import { type SbomLimits, sbomLimits } from '../formats/limits.ts';
import { type ImageOfFacts, imageOfFacts, withoutUndefined } from '../formats/read-facts.ts';
import { UniqueIds } from '../formats/unique-ids.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { parsePurl } from '../purl/purl.ts';
import { factsOf, packageOf, systemOf } from './read-component.ts';
import { jsonOfXml } from './read-xml.ts';

/**
 * Reads CycloneDX 1.2 to 1.7, JSON or XML, of any maker. What lading wrote comes back as it was; of others' documents no component is lost,
 * and what a BOM has no place for (services, vulnerabilities) is told of in a note.
 * @throws {LadingError} `ERR_LADING_SBOM`: no CycloneDX, a version that is not read, two components of one `bom-ref`, or more than the limits.
 */
export function parseCycloneDx(document: string | Uint8Array, limits: Partial<SbomLimits> = {}): Bom {
  const all = { ...sbomLimits, ...limits };
  const text = textOfDocument(document, all);
  const value = /^\s*</.test(text) ? jsonOfXml(text, all) : parseBoundedJson(text, all);
  return bomOfCycloneDx(value, () => digestOf(new TextEncoder().encode(text)));
}

/** Reads parsed JSON, of which `digest` tells where the document does not say what it is about. */
export function bomOfCycloneDx(value: unknown, digest: () => Digest): Bom {
  const document = objectOf(value);
  if (document?.bomFormat !== 'CycloneDX') throw sbomError('the SBOM is not one of CycloneDX');
  const version = textOf(document.specVersion) ?? '';
  if (!/^1\.[2-7]$/.test(version)) {
    throw sbomError(`CycloneDX ${JSON.stringify(version.slice(0, 20))} is not read, 1.2 to 1.7 are`);
  }
  const root = objectOf(objectOf(document.metadata)?.component);
  const isOurs = factsOf(root).get(`${ownPrefix}image:mediaType`) !== undefined;
  const parts = new Components(document, root, isOurs);
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
    notes: [...image.notes, ...(isOurs ? [] : notesOf(document, dangling))],
  });
}

/** The components of a document by what they are, wherever they are nested. */
class Components {
  readonly packages: Map<string, JsonObject> = new Map();
  readonly variants: JsonObject[] = [];
  readonly system: JsonObject | undefined;
  /** What dependencies call a component → what the BOM calls it. */
  readonly names: Map<string, string> = new Map();
  readonly #ids: UniqueIds;
  /** What stands in what. */
  readonly nested: Dependency[] = [];
  /** What the root needs without the document saying so. */
  readonly ofRoot: string[] = [];

  constructor(document: JsonObject, root: JsonObject | undefined, isOurs: boolean) {
    const all: { component: JsonObject; parent?: JsonObject }[] = [];
    const collect = (list: unknown, parent?: JsonObject): void => {
      for (const component of objectsOf(list)) {
        all.push(parent === undefined ? { component } : { component, parent });
        collect(component.components, component);
      }
    };
    collect(root?.components);
    collect(document.components);
    const refs = new Set<string>();
    const claim = (component: JsonObject): string | undefined => {
      const ref = textOf(component['bom-ref']);
      if (ref === undefined) return undefined;
      if (refs.has(ref)) throw sbomError(`two components are called ${JSON.stringify(ref.slice(0, 200))}`);
      refs.add(ref);
      return ref;
    };
    const rootRef = root === undefined ? undefined : claim(root);
    for (const { component } of all) claim(component);
    this.#ids = new UniqueIds([rootId, ...refs]);

    if (root !== undefined && !isOurs && isPackageItself(root)) {
      this.ofRoot.push(this.#add(root));
    } else if (rootRef !== undefined) {
      this.names.set(rootRef, rootId);
    }
    const ids = new Map<JsonObject, string>();
    for (const { component, parent } of all) {
      const ref = textOf(component['bom-ref']);
      if (component.type === 'operating-system' && this.system === undefined) {
        this.system = component;
        // What hangs on the system is the image's; what lading hangs there, the image needs anyway.
        if (ref !== undefined && !isOurs) this.names.set(ref, rootId);
      } else if (isOurs && component.type === 'container' && isVariant(component)) {
        this.variants.push(component);
      } else {
        const id = this.#add(component);
        ids.set(component, id);
        const outer = parent === undefined ? undefined : ids.get(parent);
        if (outer !== undefined) this.nested.push({ from: outer, to: id });
      }
    }
    if (root?.type === 'operating-system') this.system ??= root;
  }

  /** Components without a `bom-ref` get a name that is free. */
  #add(component: JsonObject): string {
    const ref = textOf(component['bom-ref']);
    const name = textOf(component.name);
    const purl = textOf(component.purl);
    if (name === undefined && purl === undefined) throw sbomError('a component has no name');
    const wanted = purl ?? `${name}@${textOf(component.version) ?? ''}`;
    const id = ref === undefined || ref === rootId ? this.#ids.add(ref ?? wanted) : ref;
    this.packages.set(id, component);
    if (ref !== undefined) this.names.set(ref, id);
    return id;
  }
}

/** True when what a document is about is a package with a purl, as it is in the documents of package managers; it is then one of those that are listed. */
function isPackageItself(root: JsonObject): boolean {
  const isPlace = ['container', 'file', 'operating-system'].includes(textOf(root.type) ?? '');
  return !isPlace && textOf(root.purl) !== undefined;
}

function isVariant(component: JsonObject): boolean {
  return factsOf(component).get(`${ownPrefix}image:mediaType`) !== undefined;
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
      else dangling++;
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
  const _isImage = root?.type === 'container';
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

function notesOf(document: JsonObject, dangling: number): BomNote[] {
  const notes: BomNote[] = [];
  for (const [field, what] of [
    ['services', 'services'],
    ['vulnerabilities', 'vulnerabilities'],
  ] as const) {
    const count = listOf(document[field]).length;
    if (count > 0) notes.push({ code: 'skipped', message: `the document's ${what} (${count}) are not kept` });
  }
  if (dangling > 0) {
    const message = `dependencies (${dangling}) lead from or to what is not among the document's components`;
    notes.push({ code: 'partial', message });
  }
  return notes;
}
