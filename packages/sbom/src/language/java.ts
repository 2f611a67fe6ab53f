import { Buffer } from 'node:buffer';
import type { BomNote, Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile, Probe } from '../cataloguer.ts';
import { type FoundPackage, packageAt } from './found-package.ts';
import { type JavaArchive, JavaArchiveReader } from './java-archive.ts';
import { identify } from './java-identity.ts';
import { isJavaArchive } from './java-names.ts';
import { folderOf } from './paths.ts';
import { ZipBudget } from './zip-budget.ts';

/** An archive without entries. */
const minBytes = 22;

/** Of a place in archives in archives. Characters. */
const maxPlaceLength = 4096;

/** Libraries and programs of Java by what Maven, Gradle and OSGi tools leave in their archives, in archives of archives, too. */
export const java: Cataloguer = {
  name: 'java',
  version: 1,
  probe: ({ path, size }) => (size >= minBytes && isJavaArchive(path) ? javaProbe() : undefined),
  catalogue(tree) {
    const image = new JavaImage();
    for (const { path, facts } of tree.files('java') as readonly FoundFile<JavaArchive>[])
      image.add(path, facts);
    return { packages: [...image.packages.values()], dependencies: image.dependencies(), notes: image.notes };
  },
};

export function javaProbe(budget: ZipBudget = new ZipBudget()): Probe {
  const reader = new JavaArchiveReader('', budget);
  return {
    write(chunk) {
      budget.read(chunk.byteLength);
      reader.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    },
    end() {
      reader.close();
      return reader.facts();
    },
  };
}

/** The archives of an image, with all that is in them. */
class JavaImage {
  readonly packages = new Map<string, Package>();
  readonly notes: BomNote[] = [];
  readonly #edges = new Map<string, Dependency>();
  readonly #needs: { readonly id: string; readonly path: string; readonly requires: readonly string[] }[] =
    [];
  /** What needs something finds it in its own file, or beside it: by path or folder, with `group:artifact`. */
  readonly #found = new Map<string, string>();

  add(path: string, archive: JavaArchive): void {
    const problems: string[] = [];
    this.#visit(path, [], archive, undefined, problems);
    if (problems.length === 0) return;
    const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more in it)`;
    this.notes.push({
      code: 'partial',
      message: `The Java archive ${problems[0]}${more}: packages may be missing.`,
    });
  }

  dependencies(): Dependency[] {
    for (const { id, path, requires } of this.#needs) {
      for (const name of requires) {
        const to = this.#found.get(`${path}\0${name}`) ?? this.#found.get(`${folderOf(path)}\0${name}`);
        if (to !== undefined) this.#edge(id, to);
      }
    }
    return [...this.#edges.values()];
  }

  #visit(
    path: string,
    within: readonly string[],
    archive: JavaArchive,
    outer: string | undefined,
    problems: string[],
  ): void {
    const { main, requires, merged } = identify(within.at(-1) ?? path, archive);
    if (archive.problem !== undefined)
      problems.push(
        `${[path, ...within].join(':').slice(0, maxPlaceLength)} was not read whole, as ${archive.problem}`,
      );
    const own = main && this.#put(path, within, main, requires);
    if (outer !== undefined && own !== undefined) this.#edge(outer, own);
    const holder = own ?? outer;
    for (const { found, requires: needed } of merged) {
      const id = this.#put(path, within, found, needed);
      if (holder !== undefined) this.#edge(holder, id);
    }
    for (const inner of archive.archives) this.#visit(path, [...within, inner.path], inner, holder, problems);
  }

  #put(path: string, within: readonly string[], found: FoundPackage, requires: readonly string[]): string {
    const described = packageAt('java', path, {
      ...found,
      ...(within.length > 0 && { properties: { 'java.archive': within.join(':').slice(0, maxPlaceLength) } }),
    });
    const { id } = described;
    // One file may hold the same thing in several places.
    if (this.packages.has(id)) return id;
    this.packages.set(id, described);
    if (requires.length > 0) this.#needs.push({ id, path, requires });
    for (const place of within.length > 0 ? [path] : [path, folderOf(path)]) {
      const key = `${place}\0${found.namespace}:${found.name}`;
      if (!this.#found.has(key)) this.#found.set(key, id);
    }
    return id;
  }

  #edge(from: string, to: string): void {
    if (from !== to) this.#edges.set(`${from}\0${to}`, { from, to });
  }
}
