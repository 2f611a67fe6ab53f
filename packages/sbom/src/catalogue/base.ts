import type { Bom, Package } from '../bom.ts';
import { rootId } from '../formats/graph.ts';
import { purlOf } from '../purl/package-purl.ts';

/**
 * What an image adds to its base: without the packages that are in the base, too, at the same place and in the same version. One that was
 * upgraded, or stands at another place, stays. The BOM says which base that was.
 */
export function withoutBase(bom: Bom, base: Bom): Bom {
  const there = new Set(base.packages.flatMap((pkg) => identitiesOf(pkg, base)));
  const packages = bom.packages.filter((pkg) => {
    // Who found it says where it stands; an SBOM that claims it, too, does not make it a new one.
    const [first] = pkg.evidence;
    const own = pkg.evidence.filter(({ cataloguer }) => cataloguer === first?.cataloguer);
    return !identitiesOf({ ...pkg, evidence: own }, bom).every((identity) => there.has(identity));
  });
  const left = new Set([rootId, ...packages.map(({ id }) => id)]);
  const { name, descriptor } = base.subject;
  return {
    ...bom,
    subject: { ...bom.subject, base: { name, descriptor } },
    packages,
    // What is needed of the base is not in the document any more.
    dependencies: bom.dependencies.filter(({ from, to }) => left.has(from) && left.has(to)),
  };
}

/** The package as it stands at each of its places: a database's packages all have the same one. */
function identitiesOf(pkg: Package, { os }: Bom): string[] {
  const { type, namespace = '', name, version = '', evidence } = pkg;
  // Without the release: one package upgraded is enough to make a 3.22.1 of a 3.22.0, and the others are still the base's.
  const identity =
    purlOf(pkg, os === undefined ? undefined : { id: os.id }) ??
    JSON.stringify([type, namespace, name, version]);
  const places = new Set(evidence.map(({ path }) => path));
  return places.size === 0 ? [identity] : [...places].map((path) => JSON.stringify([identity, path]));
}
