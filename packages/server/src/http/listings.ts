import { type Descriptor, mediaTypes, referrersIndex } from '@lading/oci';
import { digestIn } from './blobs.ts';
import { type Exchange, type Headers, reply, replyJson } from './exchange.ts';
import { Fault } from './fault.ts';
import { firstAfter, nextLink, pageOf } from './pages.ts';

/** Descriptors that are read from disk at a time. */
const readAtOnce = 32;

export async function ping(exchange: Exchange): Promise<void> {
  replyJson(exchange.response, 200, {});
}

export async function listTags(exchange: Exchange): Promise<void> {
  const { context, name, query, response } = exchange;
  const repository = context.storage.repository(name);
  const tags = await repository.tags();
  if (tags.length === 0 && !(await repository.exists())) {
    throw new Fault('NAME_UNKNOWN', 'nothing was ever pushed to this repository', { details: [{ name }] });
  }
  const page = pageOf(tags, query, context.limits.maxPageEntries);
  replyJson(response, 200, { name, tags: page.entries }, linkTo(`/v2/${name}/tags/list`, page.next));
}

export async function listRepositories(exchange: Exchange): Promise<void> {
  const { context, query, response } = exchange;
  const page = pageOf(await context.storage.repositories(), query, context.limits.maxPageEntries);
  replyJson(response, 200, { repositories: page.entries }, linkTo('/v2/_catalog', page.next));
}

/** What refers to a subject, which need not exist: an unknown one has an empty list (distribution-spec, Listing Referrers). */
export async function listReferrers(exchange: Exchange): Promise<void> {
  const { context, name, query, response } = exchange;
  const subject = digestIn(exchange.reference);
  const repository = context.storage.repository(name);
  const digests = await repository.referrers(subject);
  const artifactType = query.get('artifactType') || undefined;
  const last = query.get('last');

  const page: Descriptor[] = [];
  let bytes = 0;
  let next: string | undefined;
  let position = last === null ? 0 : firstAfter(digests, last);
  while (position < digests.length && next === undefined) {
    const batch = digests.slice(position, position + readAtOnce);
    position += batch.length;
    for (const referrer of await Promise.all(batch.map((digest) => repository.referrer(subject, digest)))) {
      if (!referrer || (artifactType && referrer.artifactType !== artifactType)) continue;
      bytes += JSON.stringify(referrer).length;
      if (page.length > 0 && bytes > context.limits.maxReferrersBytes) {
        next = page.at(-1)!.digest;
        break;
      }
      page.push(referrer);
    }
  }
  const nextQuery =
    next && new URLSearchParams({ last: next, ...(artifactType && { artifactType }) }).toString();
  reply(
    response,
    200,
    {
      'Content-Type': mediaTypes.ociIndex,
      ...(artifactType && { 'OCI-Filters-Applied': 'artifactType' }),
      ...linkTo(`/v2/${name}/referrers/${subject}`, nextQuery),
    },
    referrersIndex(page),
  );
}

function linkTo(path: string, next: string | undefined): Headers {
  return next ? { Link: nextLink(path, next) } : {};
}
