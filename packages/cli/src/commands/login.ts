import { Credential, openRegistry } from '@lading/registry';
import { environmentProxies, saveCredentials } from '@lading/registry/node';
import { exitCodes } from '../exit-codes.ts';
import { readPassword } from '../password.ts';
import { registryHost } from '../registry-host.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async ({ args, options, context, output }) => {
  const host = registryHost(args[0]!);
  if (options.user === undefined || !options.passwordStdin) {
    throw usageError(
      'login takes a user and a password from standard input',
      `For example: echo "$TOKEN" | lading login ${host} --user NAME --password-stdin.`,
    );
  }
  const { user } = options;
  const secret = await readPassword(context);
  const plain = options.plainHttp?.includes(host);
  await using registry = openRegistry({
    credentials: async () => new Credential('password', user, secret, 'standard input'),
    hosts: plain ? { [host]: { tls: 'off' } } : {},
    proxyFor: environmentProxies(context.env),
    signal: context.signal,
  });
  await registry.ping(host, { signal: context.signal });
  const kept = await saveCredentials(host, { username: user, secret }, context);
  output.document({ host, user, keptIn: kept });
  output.say(`${output.paint('good', '✓')} ${host} lets ${user} in; the credentials are kept in ${kept}`);
  return exitCodes.ok;
};
