import type { Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile } from '../cataloguer.ts';
import { baseOf } from '../layer/path.ts';
import { licensesOf } from '../license/license.ts';
import { wholeFile } from '../whole-file.ts';
import { type FoundPackage, packageAt } from './found-package.ts';
import { type GemSpec, readGemSpec } from './gem-spec.ts';
import { compareGemVersions, satisfies } from './gem-version.ts';

/** Lists of files make some of them long. */
const maxBytes = 4 * 1024 * 1024;

/** Ruby gems by the .gemspec files that RubyGems and Bundler keep of what is installed, those that come with Ruby included. */
export const gem: Cataloguer = {
  name: 'gem',
  version: 1,
  probe: ({ path }) =>
    path.endsWith('.gemspec') && homeOf(path) !== undefined
      ? wholeFile(maxBytes, (content) => readGemSpec(content, baseOf(path).slice(0, -'.gemspec'.length)))
      : undefined,
  catalogue(tree) {
    const gems = (tree.files('gem') as readonly FoundFile<GemSpec>[]).map(({ path, facts }) => ({
      home: homeOf(path)!,
      facts,
      package: packageAt('gem', path, describe(facts)),
    }));
    return { packages: gems.map((one) => one.package), dependencies: dependenciesOf(gems) };
  },
};

/** The folder whose gems see each other: the one that has `specifications`. */
function homeOf(path: string): string | undefined {
  const at = `/${path}`.lastIndexOf('/specifications/');
  return at < 0 ? undefined : path.slice(0, at);
}

function describe(facts: GemSpec): FoundPackage {
  return {
    type: 'gem',
    name: facts.name,
    version: facts.version,
    qualifiers: facts.platform === undefined ? undefined : { platform: facts.platform },
    licenses: licensesOf(facts.licenses),
    description: facts.summary,
    homepage: facts.homepage,
    supplier: facts.authors.length === 0 ? undefined : facts.authors.join(', ').slice(0, 200),
  };
}

interface InstalledGem {
  readonly home: string;
  readonly facts: GemSpec;
  readonly package: Package;
}

/** Ruby takes the newest gem that fits, from wherever it is told to look: first of all where the one stands that needs it. */
function dependenciesOf(gems: readonly InstalledGem[]): Dependency[] {
  const byName = new Map<string, InstalledGem[]>();
  for (const one of gems) {
    const same = byName.get(one.facts.name);
    if (same === undefined) byName.set(one.facts.name, [one]);
    else same.push(one);
  }
  for (const same of byName.values())
    same.sort((one, other) => compareGemVersions(other.facts.version, one.facts.version));
  return gems.flatMap(({ home, facts, package: { id: from } }) =>
    facts.requires.flatMap(([name, ...requirements]) => {
      const fitting = (byName.get(name) ?? []).filter(({ facts: { version } }) =>
        satisfies(version, requirements),
      );
      const to = (fitting.find((one) => one.home === home) ?? fitting[0])?.package.id;
      return to === undefined || to === from ? [] : [{ from, to }];
    }),
  );
}
