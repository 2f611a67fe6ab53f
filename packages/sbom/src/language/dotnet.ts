import type { Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile } from '../cataloguer.ts';
import { wholeFile } from '../whole-file.ts';
import { type DotnetLibrary, readDepsJson } from './dotnet-facts.ts';
import { type FoundPackage, packageAt } from './found-package.ts';

const maxBytes = 32 * 1024 * 1024;

/** NuGet packages, projects and runtimes of .NET programs by the .deps.json beside them. */
export const dotnet: Cataloguer = {
  name: 'dotnet',
  version: 1,
  probe: ({ path }) => (path.endsWith('.deps.json') ? wholeFile(maxBytes, readDepsJson) : undefined),
  catalogue(tree) {
    const packages = new Map<string, Package>();
    const dependencies: Dependency[] = [];
    for (const { path, facts } of tree.files('dotnet') as readonly FoundFile<readonly DotnetLibrary[]>[]) {
      const found = facts.map((library) => packageAt('dotnet', path, describe(library)));
      for (const one of found) packages.set(one.id, one);
      for (const [place, { requires }] of facts.entries()) {
        for (const other of requires) {
          const [from, to] = [found[place]!.id, found[other]?.id];
          if (to !== undefined && to !== from) dependencies.push({ from, to });
        }
      }
    }
    return { packages: [...packages.values()], dependencies };
  },
};

function describe({ name, version, kind, sha512 }: DotnetLibrary): FoundPackage {
  return {
    type: 'nuget',
    name,
    version,
    ...(sha512 !== undefined && { hashes: [{ algorithm: 'SHA-512', value: sha512 }] }),
    ...(kind !== 'package' && { properties: { 'dotnet.type': kind } }),
  };
}
