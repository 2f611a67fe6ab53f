import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { collectGarbage, type RegistryOptions, startRegistry } from '@lading/server';
import { exitCodes } from '../exit-codes.ts';
import { readPassword } from '../password.ts';
import { count, formatBytes, formatDuration } from '../render/quantities.ts';
import { usageError } from '../usage.ts';
import type { Invocation, Run } from '../verb.ts';

const defaultAddress = { host: '127.0.0.1', port: 5000 };

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const directory = resolve(context.cwd, args[0] ?? 'registry');
  const users = await readUsers(invocation);
  if (options.gc) await sweep(invocation, directory);
  await using server = await startRegistry({
    directory,
    ...(options.listen ?? defaultAddress),
    auth: users && { type: 'basic', users, anonymousPull: options.allowAnonymous },
    allowAnonymous: options.allowAnonymous,
    readOnly: options.readOnly,
    onRequest: requestLog(invocation),
    clock: context.now,
  });
  output.document({ url: server.url, host: server.host, directory: server.directory });
  output.say(`${output.paint('strong', server.url)} serves ${server.directory}   (Ctrl-C stops)`);
  await aborted(context.signal);
  output.say('stopped');
  return exitCodes.ok;
};

/** The users of `--user` with `--password-stdin`, and those of `--users`; nothing when there are none. */
async function readUsers({ options, context }: Invocation): Promise<Record<string, string> | undefined> {
  const users: Record<string, string> = {};
  if (options.users !== undefined) {
    const file = resolve(context.cwd, options.users);
    for (const [index, line] of (await readFile(file, 'utf8')).split(/\r?\n/).entries()) {
      if (line === '' || line.startsWith('#')) continue;
      const [, name, password] = /^([^:]+):(.+)$/.exec(line) ?? [];
      // The line itself is not shown: it may hold a password.
      if (name === undefined) throw usageError(`${options.users}:${index + 1} is not NAME:PASSWORD`);
      users[name] = password!;
    }
  }
  if ((options.user === undefined) !== !options.passwordStdin) {
    throw usageError('--user and --password-stdin belong together');
  }
  if (options.user !== undefined) users[options.user] = await readPassword(context);
  return Object.keys(users).length > 0 ? users : undefined;
}

async function sweep({ context, output }: Invocation, directory: string): Promise<void> {
  const { manifests, blobs, contents, bytes } = await collectGarbage(directory, {
    clock: context.now,
    signal: context.signal,
  });
  output.say(
    `removed ${count(manifests, 'manifest')} and ${count(blobs + contents, 'blob')}, ${formatBytes(bytes)}`,
  );
}

/** What goes wrong inside the server is always told; with `--verbose` every request. */
function requestLog({ options, output }: Invocation): RegistryOptions['onRequest'] {
  return ({ method, url, status, durationMs, user, error }) => {
    if (error !== undefined) void output.fail(error);
    if (!options.verbose) return;
    const who = user === undefined ? '' : ` by ${user}`;
    output.say(`${method} ${url} ${status} ${formatDuration(durationMs)}${who}`);
  };
}

/** Ending by Ctrl-C is how this command ends. */
function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  if (signal.aborted) end();
  else signal.addEventListener('abort', () => end(), { once: true });
  return promise;
}
