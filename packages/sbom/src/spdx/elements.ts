import { hash } from 'node:crypto';
import type { Bom, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { rootId } from '../formats/graph.ts';
import { fullName } from '../formats/package-name.ts';
import { isImage } from '../formats/subject.ts';
import { isDistributed } from '../purl/package-purl.ts';

/**
 * What a document has elements of, each with a name of letters, digits, dots and hyphens (SPDX 2.3, 7.2) that tells what it stands for and ends
 * in a hash of the whole. Names are given once.
 */
export class DocumentElements {
  readonly root: string;
  readonly system: string | undefined;
  readonly variants: readonly string[];
  /** Sorted, unlike those of the BOM. */
  readonly packages: readonly { readonly pkg: Package; readonly id: string }[];
  readonly #taken = new Set<string>();
  readonly #byId = new Map<string, string>();

  constructor({ subject, os, variants = [], packages }: Bom) {
    const { descriptor, name } = subject;
    this.root = this.#add(isImage(descriptor) ? 'ContainerImage' : 'Folder', name, descriptor.digest);
    this.#byId.set(rootId, this.root);
    this.system = os === undefined ? undefined : this.#add('OperatingSystem', os.id, os.versionId ?? '');
    this.variants = variants.map(({ platform, descriptor: { digest } }, index) =>
      this.#add(
        'ContainerImage',
        `${platform?.os ?? ''}-${platform?.architecture ?? ''}`,
        `${index} ${digest}`,
      ),
    );
    this.packages = [...packages]
      .sort((a, b) => compare(a.id, b.id))
      .map((pkg) => ({ pkg, id: this.#add('Package', `${pkg.type}-${fullName(pkg)}`, pkg.id) }));
    for (const { pkg, id } of this.packages) this.#byId.set(pkg.id, id);
  }

  /** Of a package that is in the BOM, or of the image. */
  idOf(id: string): string {
    return this.#byId.get(id)!;
  }

  /** What contains a package: trivy finds those of the system below it. */
  holderOf({ type }: Package): string {
    return isDistributed(type) ? (this.system ?? this.root) : this.root;
  }

  /** `SPDXRef-KIND-WORDS-HASH`. trivy takes what an element is from its kind. */
  #add(kind: string, words: string, whole: string): string {
    const start = `SPDXRef-${kind}-${readablePart(words, 64)}`;
    const digits = hash('sha256', whole.toWellFormed(), 'hex');
    let id = start + digits.slice(0, 16);
    // Who makes a hash collide makes two elements with longer names, not one that stands for both.
    for (let count = 2; this.#taken.has(id); count++) id = `${start}${digits}-${count}`;
    this.#taken.add(id);
    return id;
  }
}

/** As much of a text as a name within a document can say, with a hyphen behind; nothing of one that it can say nothing of. */
export function readablePart(text: string, maxLength: number): string {
  const readable = text
    .slice(0, maxLength)
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return readable === '' ? '' : `${readable}-`;
}
