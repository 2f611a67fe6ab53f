import { coversScopes, mergeScopes, repositoryScope, type ScopeAction } from './scopes.ts';

/** What will be wanted soon of a repository, so that one token can serve for many. */
export interface Expectation {
  readonly repository: string;
  readonly actions: readonly ScopeAction[];
}

/** Repositories in one token: each makes the token longer, and proxies bound the length of headers, often to 8 KiB. */
const maxScopes = 25;
/** Characters of all scopes in one token request: URLs beyond 4 to 8 KiB are refused by proxies. */
const maxLength = 3000;

/** The repositories that are expected to be used at one registry, dealt into batches that are each asked for as a whole. */
export class Expectations {
  #batches: readonly (readonly string[])[] | undefined;
  /** As they came: merged only when a token is wanted, which most registries never do. */
  readonly #scopes = new Set<string>();
  readonly #refused = new Set<string>();

  add(expectation: Expectation): void {
    const scope = repositoryScope(expectation.repository, expectation.actions);
    if (this.#scopes.has(scope)) return;
    this.#scopes.add(scope);
    this.#batches = undefined;
  }

  /** The batch that covers these scopes, always in the same order, or nothing when they were not expected or the batch was refused. */
  batchFor(scopes: readonly string[]): readonly string[] | undefined {
    this.#batches ??= deal(mergeScopes([...this.#scopes]));
    const batch = this.#batches.find((candidate) => coversScopes(candidate, scopes));
    return batch === undefined || batch.length < 2 || this.#refused.has(batch.join(' ')) ? undefined : batch;
  }

  /** A single repository that these credentials may not see makes some servers refuse the whole batch. */
  refuse(batch: readonly string[]): void {
    this.#refused.add(batch.join(' '));
  }
}

function deal(scopes: readonly string[]): readonly (readonly string[])[] {
  // What is pushed comes first: some token servers read no further than the first scope.
  const sorted = [...scopes].sort((a, b) => Number(b.includes('push')) - Number(a.includes('push')));
  const batches: string[][] = [];
  let length = 0;
  for (const scope of sorted) {
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= maxScopes || length + scope.length > maxLength) {
      batches.push([scope]);
      length = scope.length;
    } else {
      batch.push(scope);
      length += scope.length;
    }
  }
  return batches;
}
