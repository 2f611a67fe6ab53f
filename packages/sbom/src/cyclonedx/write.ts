import type { Bom, License, OperatingSystem, Package } from '../bom.ts';
import { batched, each, type Field, jsonPieces } from '../formats/batch.ts';
import { type Fact, familyOf, imageFacts, packageFacts, systemFacts } from '../formats/facts.ts';
import { compare, rootedDependencies, rootId } from '../formats/graph.ts';
import { type DocumentOptions, timestampOf } from '../formats/options.ts';
import { uuidOf } from '../formats/uuid.ts';
import { isDistributed, purlOf } from '../purl/package-purl.ts';
import { encodePurl } from '../purl/purl.ts';

export type CycloneDxVersion = '1.4' | '1.5' | '1.6' | '1.7';

export interface CycloneDxOptions extends DocumentOptions {
  /** 1.6 by default: the oldest one that BSI TR-03183-2 takes. */
  readonly version?: CycloneDxVersion | undefined;
}

/**
 * Writes a BOM as CycloneDX JSON (ECMA-424), in pieces: a component a line, with no more than one of them in memory.
 * The same BOM gives the same bytes. It is written by hand, as @cyclonedx/cyclonedx-library has no models of evidence, compositions
 * and lifecycles, and needs all components at once; its schemas judge the result in tests.
 */
export function cycloneDxJson(bom: Bom, options: CycloneDxOptions): Iterable<string> {
  return batched(jsonPieces(fieldsOf(bom, options)));
}

function* fieldsOf(bom: Bom, options: CycloneDxOptions): Generator<Field> {
  const version = options.version ?? '1.6';
  const refs = new References(bom);
  yield ['$schema', `http://cyclonedx.org/schema/bom-${version}.schema.json`];
  yield ['bomFormat', 'CycloneDX'];
  yield ['specVersion', version];
  yield ['serialNumber', `urn:uuid:${uuidOf(`cyclonedx ${bom.subject.descriptor.digest}`)}`];
  yield ['version', 1];
  yield ['metadata', metadataOf(bom, options, version, refs)];
  yield ['components', each(componentsOf(bom, version, refs))];
  yield ['dependencies', each(dependenciesOf(bom, refs))];
  // Whatever no package manager knows of may be missing; what could not be read is.
  const aggregate = bom.notes.length > 0 ? 'incomplete' : 'unknown';
  yield ['compositions', [{ aggregate, assemblies: [refs.root], dependencies: [refs.root] }]];
}

/** What components are called within the document: packages by their ids, the image and its system by names that no package has. */
class References {
  readonly root: string;
  readonly system: string;

  constructor(bom: Bom) {
    const taken = new Set(bom.packages.map(({ id }) => id));
    const free = (wanted: string): string => {
      let name = wanted;
      while (taken.has(name)) name = `${name}#`;
      taken.add(name);
      return name;
    };
    this.root = free(imagePurl(bom) ?? `image:${bom.subject.descriptor.digest}`);
    this.system = free(`os:${bom.os?.id ?? 'unknown'}`);
  }

  of(id: string): string {
    return id === rootId ? this.root : id;
  }
}

function metadataOf(
  bom: Bom,
  options: CycloneDxOptions,
  version: CycloneDxVersion,
  refs: References,
): unknown {
  const { tool, author, context = 'analyzed' } = options;
  const { descriptor, name } = bom.subject;
  const [algorithm, hash = ''] = descriptor.digest.split(':');
  return {
    timestamp: timestampOf(options, bom.subject.created),
    // CISA's `Build` and `Analyzed` by the names that CycloneDX has for them.
    ...(version !== '1.4' && { lifecycles: [{ phase: context === 'build' ? 'build' : 'post-build' }] }),
    tools:
      version === '1.4'
        ? [{ vendor: tool.vendor, name: tool.name, version: tool.version }]
        : {
            components: [
              { type: 'application', publisher: tool.vendor, name: tool.name, version: tool.version },
            ],
          },
    authors: author === undefined ? undefined : [{ name: author.name, email: emailOf(author.email) }],
    component: {
      type: 'container',
      'bom-ref': refs.root,
      name,
      version: descriptor.digest,
      hashes: [{ alg: algorithm === 'sha512' ? 'SHA-512' : 'SHA-256', content: hash }],
      purl: imagePurl(bom),
      // Who made an image is not in it; that nobody knows is said instead of left out.
      properties: properties([...imageFacts(bom), ['lading:unknown', 'license,supplier']]),
    },
  };
}

function imagePurl({ subject }: Bom): string | undefined {
  const name = subject.name.split('/').at(-1) ?? '';
  const qualifiers = new Map([['repository_url', subject.name]]);
  if (subject.platform !== undefined) qualifiers.set('arch', subject.platform.architecture);
  return encodePurl({ type: 'oci', name, version: subject.descriptor.digest, qualifiers });
}

function* componentsOf(bom: Bom, version: CycloneDxVersion, refs: References): Generator<unknown> {
  if (bom.os !== undefined) yield systemComponent(bom.os, refs.system);
  for (const pkg of sorted(bom.packages)) yield packageComponent(pkg, bom, version);
}

/** Scanners take the distribution from this one. */
function systemComponent(os: OperatingSystem, ref: string): unknown {
  return {
    type: 'operating-system',
    'bom-ref': ref,
    name: familyOf(os),
    version: os.versionId,
    description: os.prettyName?.toWellFormed(),
    properties: properties(systemFacts(os)),
  };
}

function packageComponent(pkg: Package, bom: Bom, version: CycloneDxVersion): unknown {
  // Readers put group and name together; Debian's packages are not called debian/curl.
  const group = isDistributed(pkg.type) ? undefined : pkg.namespace;
  const website = pkg.homepage !== undefined && isUrl(pkg.homepage) ? pkg.homepage : undefined;
  const facts = packageFacts(pkg, bom.subject.layers);
  if (pkg.homepage !== undefined && website === undefined) facts.push(['lading:homepage', pkg.homepage]);
  return {
    type: pkg.type === 'binary' ? 'application' : 'library',
    'bom-ref': pkg.id,
    supplier: pkg.supplier ? supplierOf(pkg.supplier) : undefined,
    group: group || undefined,
    name: pkg.name,
    version: pkg.version ?? (version === '1.4' ? '' : undefined),
    description: pkg.description,
    hashes: pkg.hashes?.length
      ? pkg.hashes.map(({ algorithm, value }) => ({ alg: algorithm, content: value }))
      : undefined,
    licenses: pkg.licenses.length > 0 ? licensesOf(pkg.licenses, version) : undefined,
    purl: purlOf(pkg, bom.os),
    externalReferences: website === undefined ? undefined : [{ type: 'website', url: website }],
    properties: properties(facts),
    evidence: evidenceOf(pkg, version),
  };
}

/** `Name <address>` taken apart, where the address is one. */
function supplierOf(supplier: string): unknown {
  const [, name, address] = /^(.+?) <([^<>]+)>$/.exec(supplier) ?? [];
  const email = emailOf(address);
  return email === undefined ? { name: supplier } : { name, contact: [{ name, email }] };
}

function emailOf(address: string | undefined): string | undefined {
  return address !== undefined &&
    /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(address)
    ? address
    : undefined;
}

/** One expression for all of them, or a list of names: the schemas take no mix of both. */
function licensesOf(licenses: readonly License[], version: CycloneDxVersion): unknown {
  const acknowledgement = version === '1.6' || version === '1.7' ? 'declared' : undefined;
  const expressions = licenses.map((license) => ('expression' in license ? license.expression : undefined));
  if (expressions.every((expression) => expression !== undefined)) {
    const all = expressions.map((text) => (expressions.length > 1 && / /.test(text) ? `(${text})` : text));
    return [{ expression: all.join(' AND '), acknowledgement }];
  }
  return licenses.map((license) => ({
    license: { name: 'expression' in license ? license.expression : license.name, acknowledgement },
  }));
}

function evidenceOf(pkg: Package, version: CycloneDxVersion): unknown {
  if (version === '1.4' || pkg.evidence.length === 0) return undefined;
  const methods = pkg.evidence.map(({ path }) => ({
    technique: pkg.type === 'binary' ? 'binary-analysis' : 'manifest-analysis',
    confidence: pkg.type === 'binary' ? 0.8 : 1,
    value: path,
  }));
  const identity = { field: 'purl', confidence: methods[0]!.confidence, methods };
  return {
    // A list since 1.6.
    identity: version === '1.5' ? identity : [identity],
    occurrences: [...new Set(pkg.evidence.map(({ path }) => path))].map((location) => ({ location })),
  };
}

/** Everything has its line, also what needs nothing: that it needs nothing is then said. */
function* dependenciesOf(bom: Bom, refs: References): Generator<unknown> {
  const needs = new Map<string, string[]>();
  for (const { from, to } of rootedDependencies(bom)) {
    const there = needs.get(from);
    if (there === undefined) needs.set(from, [to]);
    else there.push(to);
  }
  const ofRoot = needs.get(rootId) ?? [];
  yield { ref: refs.root, dependsOn: bom.os === undefined ? ofRoot : [refs.system, ...ofRoot] };
  if (bom.os !== undefined) {
    // trivy finds the packages of the system below it, and refuses two kinds of them that hang on nothing.
    const own = sorted(bom.packages).filter(({ type }) => isDistributed(type));
    yield { ref: refs.system, dependsOn: own.map(({ id }) => id) };
  }
  for (const { id } of sorted(bom.packages)) yield { ref: id, dependsOn: needs.get(id) ?? [] };
}

function sorted(packages: readonly Package[]): readonly Package[] {
  return [...packages].sort((a, b) => compare(a.id, b.id));
}

function properties(facts: readonly Fact[]): unknown {
  return [...facts].sort(([a], [b]) => compare(a, b)).map(([name, value]) => ({ name, value }));
}

/** What the schemas' iri-reference takes for sure. */
function isUrl(text: string): boolean {
  return /^https?:\/\/[A-Za-z0-9._~:/?#@!$&'()*+,;=-]+$/.test(text) && URL.canParse(text);
}
