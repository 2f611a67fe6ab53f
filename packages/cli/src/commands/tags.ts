import { exitCodes } from '../exit-codes.ts';
import { openPlaces, unsupported } from '../places.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  await using places = await openPlaces(invocation);
  const store = await places.repository(args[0]!);
  if (store.tags === undefined) throw unsupported(store, 'lists no tags');
  const tags: string[] = [];
  for await (const tag of store.tags({ signal: context.signal })) {
    if (tags.length >= (options.limit ?? Number.POSITIVE_INFINITY)) break;
    tags.push(tag);
    output.result(tag);
  }
  output.document({ repository: store.name, tags });
  return exitCodes.ok;
};
