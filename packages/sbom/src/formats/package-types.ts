import type { PackageType } from '../bom.ts';

/** All of them: one that is missing here is an error of types. */
const packageTypes: Readonly<Record<PackageType, true>> = {
  alpm: true,
  apk: true,
  binary: true,
  cargo: true,
  composer: true,
  conda: true,
  deb: true,
  gem: true,
  golang: true,
  maven: true,
  npm: true,
  nuget: true,
  opkg: true,
  pypi: true,
  rpm: true,
};

export function isPackageType(text: string | undefined): text is PackageType {
  return text !== undefined && Object.hasOwn(packageTypes, text);
}
