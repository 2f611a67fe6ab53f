import type { Bom, Dependency, OperatingSystem, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { sbomError } from '../formats/errors.ts';
import { rootId } from '../formats/graph.ts';
import { LayerPlaces } from '../formats/layer-places.ts';
import { withoutUndefined } from '../formats/read-facts.ts';
import { UniqueIds } from '../formats/unique-ids.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { packageOfArtifact } from './read-package.ts';
import { subjectOfSource } from './read-source.ts';

/**
 * Reads a document of syft's own JSON, as JSON.parse gives it: lading's without loss, syft's as far as it tells of packages. Its lists of files are
 * not looked at. References that lead nowhere are left out.
 * @throws {LadingError} `ERR_LADING_SBOM`: it is no document of syft.
 */
export function parseSyftJson(document: unknown): Bom {
  const root = objectOf(document);
  const schema = objectOf(root?.schema);
  if (root === undefined || textOf(schema?.version) === undefined || !Array.isArray(root.artifacts)) {
    throw sbomError('the SBOM is no document of syft: it has no schema or no artifacts');
  }
  const { subject, notes } = subjectOfSource(objectOf(root.source) ?? {}, root);
  const os = systemOf(objectOf(root.distro) ?? {});
  const ids = new Map<string, string>();
  const unique = new UniqueIds([rootId]);
  const places = new LayerPlaces(subject.layers);
  const packages: Package[] = [];
  for (const artifact of objectsOf(root.artifacts)) {
    const pkg = packageOfArtifact(artifact, { layers: subject.layers, places, os });
    const artifactId = textOf(artifact.id) ?? '';
    const id = unique.add(pkg.id);
    if (!ids.has(artifactId)) ids.set(artifactId, id);
    packages.push({ ...pkg, id });
  }
  ids.set(textOf(objectOf(root.source)?.id) ?? '', rootId);
  packages.sort((a, b) => compare(a.id, b.id));
  return withoutUndefined<Bom>({
    subject,
    os,
    packages,
    dependencies: dependenciesOf(root.artifactRelationships, ids),
    notes,
  });
}

function systemOf(distro: JsonObject): OperatingSystem | undefined {
  const id = textOf(distro.id);
  if (id === undefined) return undefined;
  const idLike = listOf(distro.idLike).filter((one): one is string => typeof one === 'string');
  return withoutUndefined({
    id,
    versionId: textOf(distro.versionID),
    name: textOf(distro.name),
    prettyName: textOf(distro.prettyName),
    idLike: idLike.length > 0 ? idLike : undefined,
    cpe: textOf(distro.cpeName),
    homepage: textOf(distro.homeURL),
  });
}

function dependenciesOf(relationships: unknown, ids: ReadonlyMap<string, string>): Dependency[] {
  const needs = new Map<string, Set<string>>();
  for (const { parent, child, type } of objectsOf(relationships)) {
    // `runtime-dependency-of` and the like are dependencies too.
    if (textOf(type)?.includes('dependency-of') !== true) continue;
    const from = ids.get(textOf(child) ?? '');
    const to = ids.get(textOf(parent) ?? '');
    if (from === undefined || to === undefined || from === to || to === rootId) continue;
    const there = needs.get(from);
    if (there === undefined) needs.set(from, new Set([to]));
    else there.add(to);
  }
  return [...needs]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([from, targets]) => [...targets].sort(compare).map((to) => ({ from, to })));
}
