import { hash } from 'node:crypto';
import type { Package } from '../bom.ts';
import { fullName } from '../formats/package-name.ts';

/**
 * The names of elements within an SPDX document (SPDX 2.3, 7.2): letters, digits, dots and hyphens. They tell what they stand for, and have a
 * hash of the whole at their end. Each is given once.
 */
export class ElementIds {
  readonly #taken = new Set<string>();
  readonly #ofPackages = new Map<string, string>();

  /** `SPDXRef-KIND-WORDS-HASH`. trivy takes what an element is from its kind. */
  add(kind: string, words: string, whole: string): string {
    const readable = words
      .slice(0, 64)
      .replace(/[^A-Za-z0-9.]+/g, '-')
      .replace(/^-+|-+$/g, '');
    const digits = hash('sha256', whole.toWellFormed(), 'hex');
    const start = `SPDXRef-${kind}-${readable === '' ? '' : `${readable}-`}`;
    let id = start + digits.slice(0, 16);
    // Who makes a hash collide makes two elements with longer names, not one that stands for both.
    for (let count = 2; this.#taken.has(id); count++) id = `${start}${digits}-${count}`;
    this.#taken.add(id);
    return id;
  }

  addPackage(pkg: Package): string {
    const id = this.add('Package', `${pkg.type}-${fullName(pkg)}`, pkg.id);
    this.#ofPackages.set(pkg.id, id);
    return id;
  }

  /** Of a package that was added. */
  ofPackage(id: string): string | undefined {
    return this.#ofPackages.get(id);
  }
}
