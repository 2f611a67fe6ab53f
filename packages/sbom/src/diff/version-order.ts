import type { PackageType } from '../bom.ts';
import { compare } from '../compare.ts';
import { python, semantic } from './language-versions.ts';
import { alpine, debian, redHat } from './system-versions.ts';
import { numbers, type Scheme } from './version-scheme.ts';

const schemes: ReadonlyMap<PackageType, Scheme> = new Map<PackageType, Scheme>([
  ['alpm', redHat],
  ['apk', alpine],
  ['cargo', semantic],
  ['deb', debian],
  ['golang', semantic],
  ['npm', semantic],
  ['nuget', semantic],
  ['opkg', debian],
  ['pypi', python],
  ['rpm', redHat],
]);

/**
 * Which of two versions is the newer one, by the rules of the package's own manager; nothing where these are not known to us, or where
 * one of both is no version by them. Plain numbers with dots between them are ordered everywhere.
 */
export function orderOfVersions(type: PackageType, a: string, b: string): number | undefined {
  for (const scheme of [schemes.get(type), numbers]) {
    if (scheme?.isVersion(a) && scheme.isVersion(b)) return Math.sign(scheme.order(a, b));
  }
  return undefined;
}

/** An order for all that stands in version fields: the same in every run, and the one above where there is one. */
export function compareVersions(type: PackageType, a: string, b: string): number {
  const scheme = schemes.get(type) ?? numbers;
  const isVersion = scheme.isVersion(a);
  if (isVersion !== scheme.isVersion(b)) return isVersion ? 1 : -1;
  const order = isVersion ? scheme.order(a, b) : 0;
  return order || compare(a, b);
}
