import { Buffer } from 'node:buffer';
import { type Digest, digestOf, isDigest } from '@lading/oci';
import type { Bom, Dependency, Evidence, OperatingSystem, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { sbomError } from '../formats/errors.ts';
import { systemOfPurls } from '../formats/foreign-package.ts';
import { rootId } from '../formats/graph.ts';
import { LayerPlaces } from '../formats/layer-places.ts';
import { Facts, type ImageOfFacts, imageOfFacts, withoutUndefined } from '../formats/read-facts.ts';
import { UniqueIds } from '../formats/unique-ids.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { parsePurl } from '../purl/purl.ts';
import { packageOfPurl } from '../purl/purl-package.ts';
import { factsOfElement } from './annotations.ts';
import { namesOfRefs } from './declared-licenses.ts';
import { hashesOf, packageOfElement, purlOfElement, systemOfElement } from './read-package.ts';
import { type Relationship, relationshipsOf } from './relationships.ts';
import { spdx2Of3, spdx3VersionOf } from './spdx-2-of-3.ts';

/**
 * Reads an SPDX document of version 2.2, 2.3 or 3.0, as JSON.parse gives it: lading's own without loss, those of syft, trivy, apko and others as
 * far as they tell. References that lead nowhere are left out; nothing is followed, so circles do no harm.
 * @throws {LadingError} `ERR_LADING_SBOM`: it is no SPDX document, or one of another version.
 */
export function parseSpdx(document: unknown): Bom {
  const root = objectOf(document) ?? {};
  const version = spdxVersionOf(root);
  if (version === undefined) throw sbomError('the SBOM is no SPDX document: it has no version of SPDX');
  // What says that it is of version 2 has no graph.
  const known = textOf(root.spdxVersion) === undefined ? /^3\.0(?:\.\d+)?$/ : /^2\.[23](?:\.\d+)?$/;
  if (!known.test(version)) {
    throw sbomError(`the SBOM is of SPDX ${JSON.stringify(version.slice(0, 40))}; 2.2, 2.3 and 3.0 are read`);
  }
  return new SpdxReader(version.startsWith('2') ? root : spdx2Of3(root), root).bom();
}

/** `2.3`, `3.0.1`; nothing of what is no SPDX document. */
export function spdxVersionOf(document: JsonObject): string | undefined {
  if (textOf(document.spdxVersion) !== undefined) return textOf(document.spdxVersion)?.replace(/^SPDX-/, '');
  return spdx3VersionOf(document);
}

class SpdxReader {
  readonly #document: JsonObject;
  readonly #asWritten: JsonObject;
  readonly #elements = new Map<string, JsonObject>();
  readonly #relationships: readonly Relationship[];

  /** @param asWritten The document before it was said in the words of version 2. */
  constructor(document: JsonObject, asWritten: JsonObject) {
    this.#document = document;
    this.#asWritten = asWritten;
    for (const element of objectsOf(document.packages)) {
      const id = textOf(element.SPDXID);
      // Of two with one id nobody knows which is meant.
      if (id !== undefined && !this.#elements.has(id)) this.#elements.set(id, element);
    }
    this.#relationships = relationshipsOf(document.relationships);
  }

  bom(): Bom {
    const described = this.#subject();
    const image = imageOfFacts(new Facts(described === undefined ? [] : factsOfElement(described.element)));
    const variants = this.#variants(described?.id);
    const aside = this.#aside(described?.id, variants);
    const os = this.#system();
    const context = {
      layers: image.layers,
      os,
      licenseNames: namesOfRefs(this.#document.hasExtractedLicensingInfos),
    };
    const places = this.#places(image.layers);
    const ids = new Map<string, string>();
    const unique = new UniqueIds([rootId]);
    const packages: Package[] = [];
    for (const [elementId, element] of this.#elements) {
      if (aside.has(elementId) || isSystem(elementId, element)) continue;
      const pkg = packageOfElement(element, { ...context, places: places.get(elementId) ?? [] });
      const id = unique.add(pkg.id);
      ids.set(elementId, id);
      packages.push({ ...pkg, id });
    }
    if (described !== undefined) ids.set(described.id, rootId);
    packages.sort((a, b) => compare(a.id, b.id));
    return withoutUndefined<Bom>({
      subject: this.#subjectOf(described?.element, image),
      variants: variants.length > 0 ? variants.map(([, element]) => variantOf(element)) : undefined,
      os,
      packages,
      dependencies: dependenciesOf(this.#relationships, ids),
      notes: image.notes,
    });
  }

  #system(): OperatingSystem | undefined {
    const elements = [...this.#elements];
    const [, system] = elements.find(([id, element]) => isSystem(id, element)) ?? [];
    if (system !== undefined) return systemOfElement(system);
    return systemOfPurls(
      elements.flatMap(([, element]) => packageOfPurl(purlOfElement(element) ?? '') ?? []),
    );
  }

  /** The one thing that the document is about, unless that is a package itself: then there is more than the document can be about. */
  #subject(): { readonly id: string; readonly element: JsonObject } | undefined {
    const documentId = this.#documentId();
    const described = new Set(
      listOf(this.#document.documentDescribes).filter((id): id is string => typeof id === 'string'),
    );
    for (const { from, type, to } of this.#relationships) {
      if (type === 'DESCRIBES' && from === documentId) described.add(to);
      if (type === 'DESCRIBED_BY' && to === documentId) described.add(from);
    }
    const [id = '', ...others] = described;
    const element = this.#elements.get(id);
    return others.length === 0 && element !== undefined && !isPackage(element) ? { id, element } : undefined;
  }

  #documentId(): string {
    return textOf(this.#document.SPDXID) ?? 'SPDXRef-DOCUMENT';
  }

  /** apko says that an index is a variant of its images; the words read the other way round as well. */
  #variants(subject: string | undefined): [id: string, element: JsonObject][] {
    const found = new Map<string, JsonObject>();
    for (const { from, type, to } of this.#relationships) {
      if (type !== 'VARIANT_OF' || (from !== subject && to !== subject)) continue;
      const id = from === subject ? to : from;
      const element = this.#elements.get(id);
      if (element !== undefined && digestOfElement(element) !== undefined) found.set(id, element);
    }
    return [...found];
  }

  /** Elements that are no packages in the image: the image, its variants and layers, sources that something was built of, trivy's groups. */
  #aside(subject: string | undefined, variants: readonly [string, JsonObject][]): Set<string> {
    const documentId = this.#documentId();
    const aside = new Set(variants.map(([id]) => id));
    if (subject !== undefined) aside.add(subject);
    for (const { from, type, to } of this.#relationships) {
      const element = this.#elements.get(to);
      if (element === undefined) continue;
      if (type === 'GENERATED_FROM') aside.add(to);
      // melange names the file that a package was built by.
      if (type === 'DESCRIBED_BY' && to !== documentId) aside.add(to);
      if (type === 'CONTAINS' && from === subject && isLayer(element)) aside.add(to);
    }
    for (const [id, element] of this.#elements) {
      if (id.startsWith('SPDXRef-Application-') && purlOfElement(element) === undefined) aside.add(id);
    }
    return aside;
  }

  /** Files that tell of packages: syft says so in words, trivy has no other files. */
  #places(layers: Bom['subject']['layers']): Map<string, Evidence[]> {
    const files = new Map<string, JsonObject>();
    for (const file of objectsOf(this.#document.files)) {
      const id = textOf(file.SPDXID);
      if (id !== undefined) files.set(id, file);
    }
    const creators = listOf(objectOf(this.#document.creationInfo)?.creators);
    const isTrivy = creators.some((creator) => /^Tool: trivy\b/.test(textOf(creator) ?? ''));
    const finder = new LayerPlaces(layers);
    const places = new Map<string, Evidence[]>();
    for (const { from, type, to, comment } of this.#relationships) {
      const file = files.get(to);
      const path = textOf(file?.fileName);
      const tells = type === 'CONTAINS' ? isTrivy : type === 'OTHER' && comment.startsWith('evident-by');
      if (!tells || file === undefined || path === undefined) continue;
      const diffId = /^layerID: (\S+)$/.exec(textOf(file.comment) ?? '')?.[1];
      const place = finder.evidence(path, isTrivy ? 'trivy' : 'syft', diffId);
      const there = places.get(from);
      if (there === undefined) places.set(from, [place]);
      else there.push(place);
    }
    return places;
  }

  #subjectOf(element: JsonObject | undefined, image: ImageOfFacts): Bom['subject'] {
    const digest = element === undefined ? undefined : digestOfElement(element);
    return withoutUndefined<Bom['subject']>({
      name: textOf(element?.name) ?? textOf(this.#document.name) ?? '',
      descriptor:
        digest === undefined
          ? this.#descriptor()
          : { mediaType: image.mediaType ?? imageType, digest, size: image.size },
      platform: image.platform,
      created: image.created,
      layers: image.layers,
      base: image.base,
    });
  }

  /** Of what has no digest of its own, the document tells: its own digest stands for it. */
  #descriptor(): Bom['subject']['descriptor'] {
    const bytes = Buffer.from(JSON.stringify(this.#asWritten));
    return { mediaType: 'application/spdx+json', digest: digestOf(bytes), size: bytes.length };
  }
}

/** What an image's digest stands for, where nobody says it. */
const imageType = 'application/vnd.oci.image.manifest.v1+json';

function isSystem(id: string, element: JsonObject): boolean {
  const purpose = textOf(element.primaryPackagePurpose);
  return /^OPERATING[-_]SYSTEM$/.test(purpose ?? '') || id.startsWith('SPDXRef-OperatingSystem');
}

/** Something that is installed: it has the purl of a package, and is no image. */
function isPackage(element: JsonObject): boolean {
  const purl = purlOfElement(element);
  const type = purl === undefined ? undefined : parsePurl(purl)?.type;
  return (
    type !== undefined && type !== 'oci' && type !== 'docker' && element.primaryPackagePurpose !== 'CONTAINER'
  );
}

/** apko has a package for each layer, named by its digest. */
function isLayer(element: JsonObject): boolean {
  return element.primaryPackagePurpose === 'CONTAINER' && isDigest(element.name);
}

function digestOfElement(element: JsonObject): Digest | undefined {
  for (const { algorithm, value } of hashesOf(element)) {
    const digest = `${algorithm.replace('-', '').toLowerCase()}:${value}`;
    if (isDigest(digest)) return digest;
  }
  if (isDigest(element.versionInfo)) return element.versionInfo;
  // trivy tells it nowhere else.
  const purl = parsePurl(purlOfElement(element) ?? '');
  return purl?.type === 'oci' && isDigest(purl.version) ? purl.version : undefined;
}

function variantOf(element: JsonObject): NonNullable<Bom['variants']>[number] {
  const image = imageOfFacts(new Facts(factsOfElement(element)));
  return withoutUndefined({
    name: textOf(element.name) ?? '',
    descriptor: {
      mediaType: image.mediaType ?? imageType,
      digest: digestOfElement(element)!,
      size: image.size,
    },
    platform: image.platform,
  });
}

function dependenciesOf(
  relationships: readonly Relationship[],
  ids: ReadonlyMap<string, string>,
): Dependency[] {
  const needs = new Map<string, Set<string>>();
  for (const { from, type, to } of relationships) {
    const isForward = type === 'DEPENDS_ON' || type === 'HAS_PREREQUISITE';
    const isBackward = type === 'PREREQUISITE_FOR' || type.endsWith('DEPENDENCY_OF');
    if (!isForward && !isBackward) continue;
    const source = ids.get(isForward ? from : to);
    const target = ids.get(isForward ? to : from);
    if (source === undefined || target === undefined || source === target || target === rootId) continue;
    const there = needs.get(source);
    if (there === undefined) needs.set(source, new Set([target]));
    else there.add(target);
  }
  return [...needs]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([from, targets]) => [...targets].sort(compare).map((to) => ({ from, to })));
}
