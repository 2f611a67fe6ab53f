import { Buffer } from 'node:buffer';
import type { Package } from '../bom.ts';

/** What syft keeps of a package by its kind. Vulnerability scanners take the source package from here; of other kinds they need nothing of it. */
export function syftMetadata(pkg: Package): { readonly metadataType?: string; readonly metadata?: unknown } {
  const { name, version = '', source, description = '', homepage = '', supplier = '' } = pkg;
  const architecture = qualifier(pkg, 'arch') ?? '';
  switch (pkg.type) {
    case 'deb':
    case 'opkg':
      return {
        metadataType: 'dpkg-db-entry',
        metadata: {
          package: name,
          source: source?.name === name ? '' : (source?.name ?? ''),
          version,
          sourceVersion: source?.version === version ? '' : (source?.version ?? ''),
          architecture,
          maintainer: supplier,
          installedSize: 0,
          files: [],
        },
      };
    case 'apk':
      return {
        metadataType: 'apk-db-entry',
        metadata: {
          package: name,
          originPackage: source?.name ?? '',
          maintainer: supplier,
          version,
          architecture,
          url: homepage,
          description,
          size: 0,
          installedSize: 0,
          pullDependencies: [],
          provides: [],
          pullChecksum: pullChecksumOf(pkg),
          gitCommitOfApkPort: '',
          files: [],
        },
      };
    case 'rpm': {
      const dash = version.lastIndexOf('-');
      const modularityLabel = qualifier(pkg, 'rpmmod');
      return {
        metadataType: 'rpm-db-entry',
        metadata: {
          name,
          version: dash < 0 ? version : version.slice(0, dash),
          epoch: epochOf(pkg) ?? null,
          architecture,
          release: dash < 0 ? '' : version.slice(dash + 1),
          sourceRpm: sourceRpmOf(pkg),
          size: 0,
          vendor: supplier,
          ...(modularityLabel !== undefined && { modularityLabel }),
          files: [],
        },
      };
    }
    default:
      return {};
  }
}

/** The epoch of an rpm; nothing when it has none. */
export function epochOf(pkg: Package): number | undefined {
  const epoch = qualifier(pkg, 'epoch');
  return epoch !== undefined && /^\d{1,9}$/.test(epoch) ? Number(epoch) : undefined;
}

function sourceRpmOf({ source }: Package): string {
  if (source?.version === undefined) return '';
  const release = source.release === undefined ? '' : `-${source.release}`;
  return `${source.name}-${source.version}${release}.src.rpm`;
}

/** SHA-1 as apk's database has it: `Q1` and base64. */
function pullChecksumOf({ hashes = [] }: Package): string {
  const sha1 = hashes.find(({ algorithm }) => algorithm === 'SHA-1')?.value;
  return sha1 === undefined ? '' : `Q1${Buffer.from(sha1, 'hex').toString('base64')}`;
}

function qualifier({ qualifiers }: Package, key: string): string | undefined {
  return qualifiers !== undefined && Object.hasOwn(qualifiers, key) ? qualifiers[key] : undefined;
}
