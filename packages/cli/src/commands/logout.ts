import { removeCredentials } from '@lading/registry/node';
import { exitCodes } from '../exit-codes.ts';
import { registryHost } from '../registry-host.ts';
import type { Run } from '../verb.ts';

export const run: Run = async ({ args, context, output }) => {
  const host = registryHost(args[0]!);
  const removed = await removeCredentials(host, context);
  output.document({ host, removed });
  output.say(
    removed
      ? `${output.paint('good', '✓')} forgot the credentials of ${host}`
      : `there were no credentials of ${host}`,
  );
  return exitCodes.ok;
};
