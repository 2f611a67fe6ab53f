import { exitCodes } from '../exit-codes.ts';
import { openPlaces } from '../places.ts';
import { registryHost } from '../registry-host.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const host = registryHost(args[0]!);
  await using places = await openPlaces(invocation);
  const repositories: string[] = [];
  const registry = await places.registry();
  for await (const repository of registry.catalog(host, { signal: context.signal })) {
    if (repositories.length >= (options.limit ?? Number.POSITIVE_INFINITY)) break;
    repositories.push(repository);
    output.result(repository);
  }
  output.document({ host, repositories });
  return exitCodes.ok;
};
