import type { Permission } from './authority.ts';

/** What a token is good for: permissions, as `type:name:action,action` in requests and challenges. */
export type Scopes = readonly Permission[];

const repositoryActions = ['pull', 'push', 'delete'] as const;
const catalogScope = 'registry:catalog:*';

/** Reads scopes from strings that each hold one or, separated by spaces, several. What is not known is left out, as it is not granted. */
export function parseScopes(texts: readonly string[]): Scopes {
  return texts.flatMap((text) => text.split(' ')).flatMap(parseScope);
}

function parseScope(text: string): Permission[] {
  if (text === catalogScope) return [{ action: 'catalog' }];
  const [, repository, list] = /^repository:(.+):([a-z,*]+)$/.exec(text) ?? [];
  if (repository === undefined || list === undefined) return [];
  const asked = list.split(',');
  const actions = repositoryActions.filter((action) => asked.includes(action) || asked.includes('*'));
  return actions.map((action) => ({ action, repository }));
}

/** The scope that a challenge names for what a request wants. Whoever pushes also pulls: to look what is there already. */
export function formatScope({ action, repository }: Permission): string {
  if (action === 'catalog') return catalogScope;
  return `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
}

/** True when a permission is among those granted. */
export function covers(granted: Scopes, wanted: Permission): boolean {
  return granted.some((one) => one.action === wanted.action && one.repository === wanted.repository);
}
