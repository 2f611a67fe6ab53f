import { isRepository, isTag } from '@lading/oci';
import { failureOf, parseSpecErrors } from './failure.ts';
import { listIn, pages } from './pages.ts';
import { isNameUnknown } from './refusals.ts';
import { catalogScope } from './scopes.ts';
import type { Call, Session } from './session.ts';

/** Entries asked for in one page: ECR takes no more. */
const pageSize = 1000;

/** The repository's tags, in the registry's order. What is no tag (`null` from Nexus, digests from Artifactory) is left out. */
export async function* listTags(session: Session, signal?: AbortSignal): AsyncGenerator<string> {
  const call: Call = { method: 'GET', path: `tags/list?n=${pageSize}`, actions: ['pull'], signal };
  for await (const page of pages(session, call)) {
    yield* listIn(session, page, 'tags').filter(isTag);
  }
}

/** The registry's repositories. */
export async function* listRepositories(session: Session, signal?: AbortSignal): AsyncGenerator<string> {
  const url = new URL(`/v2/_catalog?n=${pageSize}`, session.origin);
  const call: Call = { method: 'GET', path: url, actions: [], scopes: [catalogScope], signal };
  for await (const page of pages(session, call)) {
    yield* listIn(session, page, 'repositories').filter(isRepository);
  }
}

/** True when the registry says that it knows no such repository. */
export async function isEmptyRepository(session: Session, signal?: AbortSignal): Promise<boolean> {
  const call: Call = { method: 'GET', path: 'tags/list?n=1', actions: ['pull'], signal };
  const response = await session.call(call);
  if (response.status === 200) {
    await response.body.discard();
    return false;
  }
  if (response.status === 404) return isNameUnknown(parseSpecErrors(await response.body.text()));
  // Who may push may not always list; then nothing is known.
  if (response.status === 401 || response.status === 403 || response.status === 405) {
    await response.body.discard();
    return false;
  }
  throw await failureOf(session.describe(call), response, session.repository);
}
