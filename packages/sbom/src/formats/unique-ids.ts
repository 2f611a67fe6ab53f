/** Gives each thing an id that no other has: the one that is wanted, or that with a number behind. */
export class UniqueIds {
  readonly #taken: Set<string>;
  readonly #counts: Map<string, number> = new Map();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  add(wanted: string): string {
    // Counted on, not tried from the start: a document may want one id a hundred thousand times.
    let count = this.#counts.get(wanted) ?? 1;
    let id = wanted;
    while (id === '' || this.#taken.has(id)) {
      count++;
      id = `${wanted}#${count}`;
    }
    this.#counts.set(wanted, count);
    this.#taken.add(id);
    return id;
  }
}
