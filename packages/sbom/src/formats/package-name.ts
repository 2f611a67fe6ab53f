import type { Package } from '../bom.ts';
import { isDistributed } from '../purl/package-purl.ts';

/** What people call a package: `@acme/widget`, `github.com/acme/widget`, `org.acme:widget`. Debian's packages are not called debian/curl. */
export function fullName({ type, namespace, name }: Package): string {
  if (!namespace || isDistributed(type)) return name;
  return `${namespace}${type === 'maven' ? ':' : '/'}${name}`;
}
