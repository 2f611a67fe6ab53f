import type { Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile } from '../cataloguer.ts';
import { packageAt } from '../language/found-package.ts';
import { programProbe } from './program.ts';
import { type RustFacts, rustProbe } from './rust-probe.ts';

/** The crates in programs that were made with cargo-auditable. */
export const rust: Cataloguer = {
  name: 'rust',
  version: 1,
  probe: (file) => programProbe(file, rustProbe),
  catalogue(tree) {
    const packages = new Map<string, Package>();
    const dependencies: Dependency[] = [];
    for (const { path, facts } of tree.files('rust') as readonly FoundFile<RustFacts>[]) {
      const crates = facts.packages.map(({ name, version, source, isRoot }) =>
        packageAt('rust', path, {
          type: 'cargo',
          name,
          version,
          properties: {
            ...(source !== undefined && { 'cargo.source': source }),
            ...(isRoot === true && { 'cargo.root': 'true' }),
          },
        }),
      );
      for (const crate of crates) packages.set(crate.id, crate);
      for (const [place, { dependencies: needed }] of facts.packages.entries()) {
        const from = crates[place]!.id;
        for (const other of needed) {
          const to = crates[other]?.id;
          if (to !== undefined && to !== from) dependencies.push({ from, to });
        }
      }
    }
    return { packages: [...packages.values()], dependencies };
  },
};
