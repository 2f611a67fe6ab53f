import type { Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile } from '../cataloguer.ts';
import { licensesOf } from '../license/license.ts';
import { wholeFile } from '../whole-file.ts';
import { type ComposerPackage, readInstalledJson } from './composer-facts.ts';
import { type FoundPackage, namedParts, packageAt } from './found-package.ts';

const maxBytes = 32 * 1024 * 1024;

/** PHP packages by the list that Composer keeps of what it has installed in a vendor folder. */
export const composer: Cataloguer = {
  name: 'composer',
  version: 1,
  probe: ({ path }) =>
    `/${path}`.endsWith('/composer/installed.json') ? wholeFile(maxBytes, readInstalledJson) : undefined,
  catalogue(tree) {
    const packages: Package[] = [];
    const dependencies: Dependency[] = [];
    for (const { path, facts } of tree.files('composer') as readonly FoundFile<
      readonly ComposerPackage[]
    >[]) {
      const vendor = new Map<string, { readonly id: string; readonly facts: ComposerPackage }>();
      for (const one of facts) {
        // A list that was made by hand may name one twice.
        if (vendor.has(one.name)) continue;
        const found = packageAt('composer', path, describe(one));
        vendor.set(one.name, { id: found.id, facts: one });
        packages.push(found);
      }
      dependencies.push(...dependenciesOf(vendor));
    }
    return { packages, dependencies };
  },
};

function describe(facts: ComposerPackage): FoundPackage {
  return {
    type: 'composer',
    ...namedParts(facts.name),
    version: facts.version,
    licenses: licensesOf(facts.licenses),
    description: facts.description,
    homepage: facts.homepage,
    supplier: facts.author,
    hashes: facts.sha1 === undefined ? undefined : [{ algorithm: 'SHA-1', value: facts.sha1 }],
    properties: {
      ...(facts.reference !== undefined && { 'composer.reference': facts.reference }),
      ...(facts.isDevelopment === true && { 'composer.development': 'true' }),
    },
  };
}

/** What is required is there by its own name, or something that replaces or provides it is. PHP itself and its extensions are no packages. */
function dependenciesOf(
  vendor: ReadonlyMap<string, { readonly id: string; readonly facts: ComposerPackage }>,
): Dependency[] {
  const providers = new Map<string, string[]>();
  for (const { id, facts } of vendor.values()) {
    for (const name of facts.provides) {
      const known = providers.get(name);
      if (known === undefined) providers.set(name, [id]);
      else if (known.length < 10) known.push(id);
    }
  }
  return [...vendor.values()].flatMap(({ id: from, facts }) => {
    const needed = facts.requires.flatMap((name) => vendor.get(name)?.id ?? providers.get(name) ?? []);
    return [...new Set(needed)].filter((to) => to !== from).map((to) => ({ from, to }));
  });
}
