import type { Dependency } from '../bom.ts';
import { sbomError } from '../formats/errors.ts';
import { ownPrefix } from '../formats/facts.ts';
import { rootId } from '../formats/graph.ts';
import type { SbomLimits } from '../formats/limits.ts';
import { UniqueIds } from '../formats/unique-ids.ts';
import { type JsonObject, objectsOf, textOf } from '../formats/values.ts';
import { factsOf } from './read-component.ts';

/** The components of a document by what they are, wherever they are nested. */
export class Components {
  readonly packages: Map<string, JsonObject> = new Map();
  readonly variants: JsonObject[] = [];
  readonly system: JsonObject | undefined;
  /** What dependencies call a component → what the BOM calls it. */
  readonly names: Map<string, string> = new Map();
  readonly #ids: UniqueIds;
  /** What stands in what. */
  readonly nested: Dependency[] = [];
  /** What dependencies call files: syft lists all that packages brought. They are no packages. */
  readonly files: Set<string> = new Set();
  fileCount = 0;
  /** What the root needs without the document saying so. */
  readonly ofRoot: string[] = [];

  constructor(
    document: JsonObject,
    root: JsonObject | undefined,
    isOurs: boolean,
    { maxPackages }: Pick<SbomLimits, 'maxPackages'>,
  ) {
    const all: { component: JsonObject; parent?: JsonObject }[] = [];
    const collect = (list: unknown, parent?: JsonObject): void => {
      for (const component of objectsOf(list)) {
        all.push(parent === undefined ? { component } : { component, parent });
        if (all.length > maxPackages) throw sbomError(`the SBOM has more than ${maxPackages} components`);
        collect(component.components, component);
      }
    };
    collect(root?.components);
    collect(document.components);
    const refs = new Set<string>();
    const claim = (component: JsonObject): string | undefined => {
      const ref = textOf(component['bom-ref']);
      if (ref === undefined) return undefined;
      if (refs.has(ref)) throw sbomError(`two components are called ${JSON.stringify(ref.slice(0, 200))}`);
      refs.add(ref);
      return ref;
    };
    const rootRef = root === undefined ? undefined : claim(root);
    for (const { component } of all) claim(component);
    this.#ids = new UniqueIds([rootId, ...refs]);

    if (root !== undefined && !isOurs && isPackageItself(root)) {
      this.ofRoot.push(this.#add(root));
    } else if (rootRef !== undefined) {
      this.names.set(rootRef, rootId);
    }
    const ids = new Map<JsonObject, string>();
    for (const { component, parent } of all) {
      const ref = textOf(component['bom-ref']);
      if (component.type === 'operating-system' && this.system === undefined) {
        this.system = component;
        // What hangs on the system is the image's; what lading hangs there, the image needs anyway.
        if (ref !== undefined && !isOurs) this.names.set(ref, rootId);
      } else if (isOurs && component.type === 'container' && isVariant(component)) {
        this.variants.push(component);
      } else if (!isOurs && isMereFile(component)) {
        this.fileCount++;
        if (ref !== undefined) this.files.add(ref);
      } else {
        const id = this.#add(component);
        ids.set(component, id);
        const outer = parent === undefined ? undefined : ids.get(parent);
        if (outer !== undefined) this.nested.push({ from: outer, to: id });
      }
    }
    if (root?.type === 'operating-system') this.system ??= root;
  }

  /** Components without a `bom-ref` get a name that is free. */
  #add(component: JsonObject): string {
    const ref = textOf(component['bom-ref']);
    const name = textOf(component.name);
    const purl = textOf(component.purl);
    if (name === undefined && purl === undefined) throw sbomError('a component has no name');
    const wanted = purl ?? `${name}@${textOf(component.version) ?? ''}`;
    const id = ref === undefined || ref === rootId ? this.#ids.add(ref ?? wanted) : ref;
    this.packages.set(id, component);
    if (ref !== undefined) this.names.set(ref, id);
    return id;
  }
}

/** True when what a document is about is a package with a purl, as it is in the documents of package managers; it is then one of those that are listed. */
function isPackageItself(root: JsonObject): boolean {
  const isPlace = ['container', 'file', 'operating-system'].includes(textOf(root.type) ?? '');
  return !isPlace && textOf(root.purl) !== undefined;
}

/** Of what is named as a package is, or has parts, more is said than of a file. */
function isMereFile({ type, purl, cpe, swid, components }: JsonObject): boolean {
  return type === 'file' && [purl, cpe, swid, components].every((name) => name === undefined);
}

function isVariant(component: JsonObject): boolean {
  return factsOf(component).get(`${ownPrefix}image:mediaType`) !== undefined;
}
