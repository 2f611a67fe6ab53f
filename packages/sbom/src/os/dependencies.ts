import type { Dependency } from '../bom.ts';
import type { InstalledPackage } from './installed-package.ts';

interface Found {
  readonly id: string;
  readonly installed: InstalledPackage;
}

/** Packages that provide the same; a database in which all do must not make everyone be compared with everyone. */
const maxCandidates = 64;

/**
 * Who needs whom among the packages of one system. Versions are not compared: the package manager did that when it installed them.
 * Of alternatives, the first that is there counts.
 */
export function dependenciesOf(found: readonly Found[]): Dependency[] {
  const byName = new Map<string, Found[]>();
  const byProvided = new Map<string, Found[]>();
  for (const one of found) {
    append(byName, one.installed.name, one);
    for (const provided of one.installed.provides ?? []) append(byProvided, provided, one);
  }
  let byFile: Map<string, Found> | undefined;
  const providerOf = (need: string, asker: Found): Found | undefined => {
    const named = closest(byName.get(need), asker) ?? closest(byProvided.get(need), asker);
    if (named !== undefined || !need.startsWith('/')) return named;
    byFile ??= ownersOf(found);
    return byFile.get(need.slice(1));
  };
  return found.flatMap((asker) => {
    const needed = new Set<string>();
    for (const alternatives of asker.installed.needs ?? []) {
      for (const need of alternatives) {
        const provider = providerOf(need, asker);
        if (provider === undefined) continue;
        if (provider.id !== asker.id) needed.add(provider.id);
        break;
      }
    }
    return [...needed].sort().map((to) => ({ from: asker.id, to }));
  });
}

/** Itself, else one of the same architecture: of several architectures side by side each needs its own. */
function closest(candidates: readonly Found[] | undefined, asker: Found): Found | undefined {
  return (
    candidates?.find(({ id }) => id === asker.id) ??
    candidates?.find(({ installed }) => installed.arch === asker.installed.arch) ??
    candidates?.[0]
  );
}

function ownersOf(found: readonly Found[]): Map<string, Found> {
  const owners = new Map<string, Found>();
  for (const one of found) {
    for (const file of one.installed.files ?? []) owners.set(file, one);
  }
  return owners;
}

function append(lists: Map<string, Found[]>, key: string, one: Found): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else if (list.length < maxCandidates) list.push(one);
}
