import { type Digest, isDigest, type Platform } from '@lading/oci';
import type {
  Bom,
  BomNote,
  Evidence,
  License,
  OperatingSystem,
  Package,
  PackageType,
  SourcePackage,
} from '../bom.ts';
import { type Fact, ownPrefix, packageFacts, trivyPrefix } from './facts.ts';
import { LayerPlaces } from './layer-places.ts';
import { isPackageType } from './package-types.ts';

type Layers = Bom['subject']['layers'];

/** Facts that are looked up by their names. */
export class Facts {
  readonly #all: readonly Fact[];
  readonly #first: Map<string, string> = new Map();

  constructor(facts: readonly Fact[]) {
    this.#all = facts;
    for (const [name, value] of facts) if (!this.#first.has(name)) this.#first.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#first.get(name);
  }

  /** All values of one name. */
  all(name: string): string[] {
    return this.#all.filter((fact) => fact[0] === name).map(([, value]) => value);
  }

  /** Those whose names go on after the prefix, by the rest of their names. */
  under(prefix: string): [rest: string, value: string][] {
    const found: [string, string][] = [];
    for (const [name, value] of this.#first) {
      if (name.startsWith(prefix)) found.push([name.slice(prefix.length), value]);
    }
    return found;
  }

  /** The values of `PREFIX0`, `PREFIX1` in the order of their numbers; other names do not count. */
  list(prefix: string): string[] {
    return this.under(prefix)
      .filter(([rest]) => /^\d{1,9}$/.test(rest))
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, value]) => value);
  }

  /** As they were given. */
  get entries(): readonly Fact[] {
    return this.#all;
  }
}

/** What facts tell of a package. Of one that lading wrote (`type` is there) it is all there is to know beside the formats' own fields. */
export interface PackageOfFacts {
  readonly type?: PackageType | undefined;
  readonly namespace?: string | undefined;
  readonly qualifiers?: Readonly<Record<string, string>> | undefined;
  readonly subpath?: string | undefined;
  /** Where there are several. */
  readonly licenses?: readonly License[] | undefined;
  readonly source?: SourcePackage | undefined;
  readonly evidence: readonly Evidence[];
}

/** The inverse of `packageFacts`, which also takes what syft and trivy write. Properties come by `propertiesOfFacts`, when the rest is known. */
export function packageOfFacts(facts: Facts, layers: Layers): PackageOfFacts {
  const type = facts.get(`${ownPrefix}type`);
  const qualifiers = facts.under(`${ownPrefix}qualifier:`);
  const licenses = facts.list(`${ownPrefix}license:`).flatMap(licenseOfWords);
  return {
    type: isPackageType(type) ? type : undefined,
    namespace: facts.get(`${ownPrefix}namespace`),
    qualifiers: qualifiers.length > 0 ? Object.fromEntries(qualifiers) : undefined,
    subpath: facts.get(`${ownPrefix}subpath`),
    licenses: licenses.length > 0 ? licenses : undefined,
    source: sourceOf(facts),
    evidence: evidenceOf(facts, layers),
  };
}

/**
 * What nothing else of a package says: its own properties, and those of a foreign document by their full names. What would be written
 * again from the package itself is left out; of a name that comes more than once the values stand in one, each on its line.
 */
export function propertiesOfFacts(
  facts: Facts,
  pkg: Package,
  layers: Layers,
): Record<string, string> | undefined {
  const written = new Set(packageFacts(pkg, layers).map(([name]) => name));
  const found = new Map<string, string>();
  for (const [name, value] of facts.entries) {
    const own = `${ownPrefix}property:`;
    const key = name.startsWith(own) ? name.slice(own.length) : name;
    if (key === name && (name.startsWith(ownPrefix) || written.has(name))) continue;
    const there = found.get(key);
    found.set(key, there === undefined ? value : `${there}\n${value}`);
  }
  return found.size > 0 ? Object.fromEntries(found) : undefined;
}

function licenseOfWords(words: string): License[] {
  if (words.startsWith('expression ')) return [{ expression: words.slice('expression '.length) }];
  return words.startsWith('name ') ? [{ name: words.slice('name '.length) }] : [];
}

function sourceOf(facts: Facts): SourcePackage | undefined {
  const part = (name: string): string | undefined => facts.get(`${trivyPrefix}Src${name}`) || undefined;
  const name = part('Name');
  if (name === undefined) return undefined;
  const epoch = part('Epoch');
  return withoutUndefined({
    name,
    version: part('Version'),
    release: part('Release'),
    epoch: epoch !== undefined && /^\d{1,15}$/.test(epoch) ? Number(epoch) : undefined,
  });
}

function evidenceOf(facts: Facts, layers: Layers): Evidence[] {
  const own = facts.list(`${ownPrefix}evidence:`);
  if (own.length > 0) return own.flatMap((words) => evidenceOfWords(words, layers));
  const places = new Map(facts.under('syft:location:'));
  const finder = LayerPlaces.of(layers);
  const found: Evidence[] = [];
  // syft counts them without gaps.
  for (let index = 0; places.has(`${index}:path`); index++) {
    const path = places.get(`${index}:path`)!;
    // A cataloguer's name is one word in the facts that lading writes.
    const cataloguer = facts.get('syft:package:foundBy')?.replace(/\s+/g, '-') || 'syft';
    found.push(finder.evidence(path, cataloguer, places.get(`${index}:layerID`)));
  }
  const path = facts.get(`${trivyPrefix}FilePath`);
  if (found.length === 0 && path !== undefined) {
    found.push(finder.evidence(path, 'trivy', facts.get(`${trivyPrefix}LayerDiffID`)));
  }
  return found;
}

function evidenceOfWords(words: string, layers: Layers): Evidence[] {
  const [, cataloguer, number, path] = /^(\S+) (-|\d{1,9}) ([\s\S]*)$/.exec(words) ?? [];
  if (cataloguer === undefined || path === undefined) return [];
  const index = Number(number);
  const layer = layers[index];
  return [{ path, ...(layer !== undefined && { layer: { index, diffId: layer.diffId } }), cataloguer }];
}

/** What facts tell of an image. */
export interface ImageOfFacts {
  /** Only of one that lading wrote. */
  readonly mediaType?: string | undefined;
  readonly size: number;
  readonly platform?: Platform | undefined;
  readonly created?: Date | undefined;
  readonly layers: Layers;
  readonly base?: Bom['subject']['base'];
  readonly notes: readonly BomNote[];
}

/**
 * The inverse of `imageFacts`. trivy tells the diffIDs of layers, and the digests only with packages (`digests`: diffID → digest); where there
 * is none, the diffID stands for the layer.
 */
export function imageOfFacts(facts: Facts, digests: ReadonlyMap<string, Digest> = new Map()): ImageOfFacts {
  const created = new Date(facts.get(`${ownPrefix}image:created`) ?? Number.NaN);
  const own = facts.list(`${ownPrefix}layer:`).flatMap(layerOfWords);
  const ofTrivy = facts.all(`${trivyPrefix}DiffID`).filter(isDigest);
  const base = facts.get(`${ownPrefix}base:digest`);
  return {
    mediaType: facts.get(`${ownPrefix}image:mediaType`),
    size: sizeOf(facts.get(`${ownPrefix}image:size`)),
    platform: platformOf(facts),
    created: Number.isNaN(created.getTime()) ? undefined : created,
    layers:
      own.length > 0
        ? own
        : ofTrivy.map((diffId) => ({ digest: digests.get(diffId) ?? diffId, diffId, size: 0 })),
    base: isDigest(base)
      ? {
          name: facts.get(`${ownPrefix}base:name`) ?? '',
          descriptor: {
            mediaType: facts.get(`${ownPrefix}base:mediaType`) ?? '',
            digest: base,
            size: sizeOf(facts.get(`${ownPrefix}base:size`)),
          },
        }
      : undefined,
    notes: facts.list(`${ownPrefix}note:`).flatMap(noteOfWords),
  };
}

function platformOf(facts: Facts): Platform | undefined {
  const part = (name: string): string | undefined => facts.get(`${ownPrefix}image:${name}`);
  const os = part('os');
  const architecture = part('architecture');
  if (os === undefined || architecture === undefined) return undefined;
  const variant = part('variant');
  const version = part('os.version');
  const features = facts.list(`${ownPrefix}image:os.features:`);
  return {
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(version !== undefined && { 'os.version': version }),
    ...(features.length > 0 && { 'os.features': features }),
  };
}

function layerOfWords(words: string): Layers[number][] {
  const [, digest, diffId, size, createdBy] = /^(\S+) (\S+) (\d+)(?: ([\s\S]*))?$/.exec(words) ?? [];
  if (!isDigest(digest) || !isDigest(diffId)) return [];
  return [{ digest, diffId, size: sizeOf(size), ...(createdBy !== undefined && { createdBy }) }];
}

const noteCodes: ReadonlySet<string> = new Set<BomNote['code']>(['partial', 'database-removed', 'skipped']);

function noteOfWords(words: string): BomNote[] {
  const space = words.indexOf(' ');
  const code = words.slice(0, space);
  return noteCodes.has(code) ? [{ code: code as BomNote['code'], message: words.slice(space + 1) }] : [];
}

function sizeOf(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
}

/** The inverse of `systemFacts`; nothing without an id. */
export function systemOfFacts(facts: Facts): OperatingSystem | undefined {
  const part = (name: string): string | undefined => facts.get(`syft:distro:${name}`);
  const id = part('id');
  if (id === undefined) return undefined;
  const idLike = facts.list('syft:distro:idLike:');
  return withoutUndefined({
    id,
    versionId: part('versionID'),
    name: part('name'),
    prettyName: part('prettyName'),
    idLike: idLike.length > 0 ? idLike : undefined,
    cpe: part('cpeName'),
    homepage: part('homeURL'),
  });
}

/** The same object, with nothing in it that is not there. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
