import type { OperatingSystem, Package, PackageType } from '../bom.ts';
import { encodePurl, type Purl } from './purl.ts';

/** Where a package that was read from somebody's BOM keeps a purl that its parts cannot say: one of a kind that is not catalogued. */
export const purlProperty = 'lading.purl';

/** Package types whose namespace is the distribution, and whose purls say of which release they are. */
const distributed: ReadonlySet<PackageType> = new Set(['alpm', 'apk', 'deb', 'opkg', 'rpm']);

/** True for the packages of an operating system's own package manager. */
export function isDistributed(type: PackageType): boolean {
  return distributed.has(type);
}

/**
 * A package's URL, canonical, with the qualifiers that vulnerability scanners ask for, in the form that syft gives them:
 * `distro=debian-12`, `upstream=SOURCE` or `upstream=SOURCE@VERSION` where the source package differs, `epoch` of rpm.
 * Nothing for a package whose parts make no purl.
 */
export function purlOf(pkg: Package, os?: OperatingSystem): string | undefined {
  const asRead = propertyOf(pkg, purlProperty);
  if (asRead !== undefined) return asRead || undefined;
  const isSystem = isDistributed(pkg.type);
  const qualifiers = new Map(
    Object.entries(pkg.qualifiers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
  );
  if (isSystem && !qualifiers.has('distro')) {
    const distro = distroOf(os);
    if (distro !== undefined) qualifiers.set('distro', distro);
  }
  if (isSystem && !qualifiers.has('upstream')) {
    const upstream = upstreamOf(pkg);
    if (upstream !== undefined) qualifiers.set('upstream', upstream);
  }
  const { type, namespace } = identityOf(pkg, os);
  return encodePurl({
    type,
    namespace,
    name: pkg.name,
    version: pkg.version,
    qualifiers,
    subpath: pkg.subpath,
  });
}

function identityOf(pkg: Package, os: OperatingSystem | undefined): Pick<Purl, 'type' | 'namespace'> {
  switch (pkg.type) {
    case 'binary':
      return { type: 'generic', namespace: pkg.namespace };
    case 'maven':
      // Maven's purls must have a group; a jar that tells of none is a thing with a name.
      return { type: pkg.namespace ? 'maven' : 'generic', namespace: pkg.namespace };
    case 'composer':
      return { type: pkg.namespace ? 'composer' : 'generic', namespace: pkg.namespace };
    case 'alpm':
    case 'apk':
    case 'deb':
    case 'rpm':
      return { type: pkg.type, namespace: pkg.namespace ?? vendorOf(pkg.type, os) };
    default:
      return { type: pkg.type, namespace: pkg.namespace };
  }
}

/** The namespace of a system package that does not say its own: the distribution, as purls name it. */
function vendorOf(type: 'alpm' | 'apk' | 'deb' | 'rpm', os: OperatingSystem | undefined): string {
  const usual = { alpm: 'arch', apk: 'alpine', deb: 'debian', rpm: 'rpm' } as const;
  const id = os?.id;
  if (id === undefined || id === '') return usual[type];
  if (id === 'rhel') return 'redhat';
  // openSUSE's flavours share their packages.
  if (id.startsWith('opensuse')) return 'opensuse';
  return id;
}

function distroOf(os: OperatingSystem | undefined): string | undefined {
  if (os === undefined || os.id === '') return undefined;
  return os.versionId ? `${os.id}-${os.versionId}` : os.id;
}

function upstreamOf({ type, name, version, source }: Package): string | undefined {
  if (source === undefined || source.name === '') return undefined;
  const sourceVersion = sourceVersionOf(source);
  if (type === 'rpm') {
    return source.version === undefined
      ? source.name
      : `${source.name}-${source.version}${source.release === undefined ? '' : `-${source.release}`}.src.rpm`;
  }
  const differs = sourceVersion !== undefined && sourceVersion !== version;
  if (type === 'deb' || type === 'opkg') {
    if (source.name === name && !differs) return undefined;
    return differs ? `${source.name}@${sourceVersion}` : source.name;
  }
  return source.name === name ? undefined : source.name;
}

/** A source package's version as one text: `[EPOCH:]VERSION[-RELEASE]`. */
function sourceVersionOf(source: NonNullable<Package['source']>): string | undefined {
  if (source.version === undefined) return undefined;
  const epoch = source.epoch === undefined ? '' : `${source.epoch}:`;
  return `${epoch}${source.version}${source.release === undefined ? '' : `-${source.release}`}`;
}

function propertyOf(pkg: Package, key: string): string | undefined {
  const { properties } = pkg;
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
}
