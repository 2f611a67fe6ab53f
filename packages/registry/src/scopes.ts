/** What may be done in a repository, as token scopes spell it. */
export type ScopeAction = 'pull' | 'push' | 'delete';

/** The token scope of a repository, for example `repository:acme/alpine:pull,push`. */
export function repositoryScope(repository: string, actions: readonly ScopeAction[]): string {
  return `repository:${repository}:${actions.join(',')}`;
}

/** The scope of a registry's list of repositories. */
export const catalogScope = 'registry:catalog:*';

/** Resource to actions; `repository:a:pull` and `repository:a:push` are one resource with two actions. */
type Grants = ReadonlyMap<string, ReadonlySet<string>>;

/** Merges scopes by resource, in the order of first mention. */
export function mergeScopes(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...grants(lists.flat())].map(([resource, actions]) => `${resource}:${[...actions].join(',')}`);
}

/** True when a token for `granted` may do all of `wanted`. */
export function coversScopes(granted: readonly string[], wanted: readonly string[]): boolean {
  const held = grants(granted);
  return [...grants(wanted)].every(([resource, actions]) => {
    const allowed = held.get(resource);
    return allowed !== undefined && [...actions].every((action) => allowed.has(action) || allowed.has('*'));
  });
}

function grants(scopes: readonly string[]): Grants {
  const merged = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const end = scope.lastIndexOf(':');
    const resource = scope.slice(0, end);
    const actions = merged.get(resource) ?? new Set<string>();
    merged.set(resource, actions);
    for (const action of scope.slice(end + 1).split(',')) actions.add(action);
  }
  return merged;
}
