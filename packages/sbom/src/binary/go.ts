import type { BomNote, Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile } from '../cataloguer.ts';
import { packageAt } from '../language/found-package.ts';
import { licensesOf } from '../license/license.ts';
import type { GoBuildInfo, GoModule } from './go-build-info.ts';
import { goProbe, type PackedProgram } from './go-probe.ts';
import { programProbe } from './program.ts';

/** The modules that Go programs are made of, and Go's own library. */
export const go: Cataloguer = {
  name: 'go',
  version: 3,
  probe: (file) => programProbe(file, goProbe),
  catalogue(tree) {
    const packages: Package[] = [];
    const dependencies: Dependency[] = [];
    const packed: string[] = [];
    for (const { path, facts } of tree.files('go') as readonly FoundFile<GoBuildInfo | PackedProgram>[]) {
      if ('packed' in facts) {
        packed.push(path);
        continue;
      }
      const main = facts.main && packageAt('go', path, describeMain(facts, facts.main));
      const parts = [...facts.modules.map(describeModule), ...standardLibrary(facts.goVersion)].map((found) =>
        packageAt('go', path, found),
      );
      // A hostile program may name a module twice.
      const unique = new Map([...(main ? [main] : []), ...parts].map((found) => [found.id, found]));
      packages.push(...unique.values());
      if (main === undefined) continue;
      for (const to of unique.keys()) if (to !== main.id) dependencies.push({ from: main.id, to });
    }
    return { packages, dependencies, notes: packed.length > 0 ? [noteOfPacked(packed)] : [] };
  },
};

function noteOfPacked([example, ...others]: readonly string[]): BomNote {
  const which = others.length === 0 ? `${example} is` : `${example} and ${others.length} more programs are`;
  return { code: 'skipped', message: `${which} packed with UPX: what is inside cannot be seen.` };
}

type Described = Omit<Package, 'id' | 'evidence'>;

function describeMain(facts: GoBuildInfo, main: GoModule): Described {
  return {
    ...describeModule({ ...main, version: main.version ?? builtVersion(facts) }),
    properties: { ...(facts.path !== undefined && { 'golang.mainPackage': facts.path }) },
  };
}

/** What was compiled is the replacement; one from a folder has no name of its own that anybody knows. */
function describeModule(module: GoModule): Described {
  const { replace } = module;
  const isLocal = replace !== undefined && replace.version === undefined;
  const { path, version, sum } = replace === undefined || isLocal ? module : replace;
  const slash = path.lastIndexOf('/');
  return {
    type: 'golang',
    namespace: slash < 0 ? undefined : path.slice(0, slash),
    name: path.slice(slash + 1),
    version,
    licenses: [],
    properties: {
      ...(sum !== undefined && { 'golang.sum': sum }),
      ...(isLocal && { 'golang.replacedBy': replace.path }),
      ...(replace !== undefined && !isLocal && { 'golang.replaces': module.path }),
    },
  };
}

function standardLibrary(goVersion: string | undefined): Described[] {
  const version = /^(?:devel )?go(\d+(?:\.\d+){0,2}(?:(?:rc|beta)\d+)?)/.exec(goVersion ?? '')?.[1];
  if (version === undefined) return [];
  return [{ type: 'golang', name: 'stdlib', version, licenses: licensesOf(['BSD-3-Clause']) }];
}

/** Before Go 1.24 programs built from a checkout do not know their version: the linker was told, or there is a commit to make a pseudo-version of (go.dev/ref/mod). */
function builtVersion({ settings }: GoBuildInfo): string | undefined {
  const setting = (name: string): string | undefined => settings.find(([key]) => key === name)?.[1];
  const told =
    /(?:^|\s)['"]?[\w./-]*\.(?:version|Version|gitVersion|buildVersion)=v?(\d+\.\d+\.\d+[\w.+-]*)/.exec(
      (setting('-ldflags') ?? '').replaceAll('-X', ' '),
    )?.[1];
  if (told !== undefined) return `v${told}`;
  const revision = /^[0-9a-f]{12}/.exec(setting('vcs.revision') ?? '')?.[0];
  const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(setting('vcs.time') ?? '');
  return revision === undefined || time === null ? undefined : `v0.0.0-${time.slice(1).join('')}-${revision}`;
}
