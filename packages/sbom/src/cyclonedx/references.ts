import type { Bom, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { rootId } from '../formats/graph.ts';
import { imagePurlOf } from '../formats/subject.ts';
import { UniqueIds } from '../formats/unique-ids.ts';

/** What components are called within a document (`bom-ref`): packages by their ids, the others by names that no package has. Each once. */
export class References {
  readonly root: string;
  readonly system: string;
  readonly variants: readonly string[];
  /** In the order in which they are written, which is not the one of the BOM. */
  readonly packages: readonly { readonly pkg: Package; readonly ref: string }[];
  readonly #byId: Map<string, string> = new Map();

  /** `legible` makes of a text what the format at hand can say; two ids may then be one text. */
  constructor(bom: Bom, legible: (text: string) => string) {
    const names = new UniqueIds([]);
    const free = (wanted: string): string => names.add(legible(wanted));
    this.packages = [...bom.packages]
      .sort((a, b) => compare(a.id, b.id))
      .map((pkg) => ({ pkg, ref: free(pkg.id) }));
    for (const { pkg, ref } of this.packages) this.#byId.set(pkg.id, ref);
    const nameOf = (image: Parameters<typeof imagePurlOf>[0]): string =>
      imagePurlOf(image) ?? `image:${image.descriptor.digest}`;
    this.root = free(nameOf(bom.subject));
    this.#byId.set(rootId, this.root);
    this.system = free(`os:${bom.os?.id ?? 'unknown'}`);
    this.variants = (bom.variants ?? []).map((variant) => free(nameOf(variant)));
  }

  /** Of a package that is in the BOM, or of the root. */
  of(id: string): string {
    return this.#byId.get(id)!;
  }
}
