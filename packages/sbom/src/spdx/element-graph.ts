import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';

/** One relationship of SPDX 3, with all that it leads to. */
export interface Edge {
  readonly type: string;
  readonly to: readonly unknown[];
  readonly completeness: string | undefined;
}

/** What SPDX 3 JSON-LD says, as its serialization has it: one flat `@graph` of elements, here by their ids and types, with the relationships that leave them. */
export class ElementGraph {
  readonly #byId = new Map<string, JsonObject>();
  readonly #byType = new Map<string, JsonObject[]>();
  readonly #edges = new Map<string, Edge[]>();

  constructor(document: JsonObject) {
    for (const element of objectsOf(document['@graph'])) {
      const id = idOf(element);
      const type = textOf(element.type ?? element['@type']);
      if (type === 'Relationship' || type === 'LifecycleScopedRelationship') this.#relate(element);
      // Of two with one id nobody knows which is meant; and each of a hundred thousand would have all relationships of all of them.
      else if (id !== undefined && this.#byId.has(id)) continue;
      if (id !== undefined) this.#byId.set(id, element);
      if (type !== undefined) append(this.#byType, type, element);
    }
  }

  #relate({ from, to, relationshipType, completeness }: JsonObject): void {
    if (typeof from !== 'string' || typeof relationshipType !== 'string') return;
    append(this.#edges, from, {
      type: relationshipType,
      to: listOf(to),
      completeness: textOf(completeness),
    });
  }

  ofType(type: string): readonly JsonObject[] {
    return this.#byType.get(type) ?? [];
  }

  /** An element by its id, or as it stands there. */
  resolve(value: unknown): JsonObject | undefined {
    return typeof value === 'string' ? this.#byId.get(value) : objectOf(value);
  }

  edges(id: unknown): readonly Edge[] {
    return typeof id === 'string' ? (this.#edges.get(id) ?? []) : [];
  }

  targets(id: unknown, type: string): readonly unknown[] {
    return this.edges(id).flatMap((edge) => (edge.type === type ? edge.to : []));
  }

  /** All relationships, with where they begin. */
  get relationships(): Iterable<readonly [from: string, edges: readonly Edge[]]> {
    return this.#edges;
  }

  /** The document's own element, and how it came about. */
  get head(): { readonly document: JsonObject; readonly creation: JsonObject } {
    const [document = {}] = this.ofType('SpdxDocument');
    return {
      document,
      creation: this.resolve(document.creationInfo) ?? this.ofType('CreationInfo')[0] ?? {},
    };
  }

  /** What the document is about. */
  get roots(): ReadonlySet<unknown> {
    const tellers = [this.head.document, ...this.ofType('software_Sbom')];
    return new Set(tellers.flatMap(({ rootElement }) => listOf(rootElement)));
  }
}

export function idOf(element: JsonObject): string | undefined {
  return textOf(element.spdxId ?? element['@id']);
}

/** The names that SPDX 3 has for it, short or as IRIs. */
export function isNoAssertion(value: unknown): boolean {
  return typeof value === 'string' && /(?:^|[/_])NoAssertion(?:Element|License)?$/.test(value.slice(-200));
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [value]);
  else there.push(value);
}
