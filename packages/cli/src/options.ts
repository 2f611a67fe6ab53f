import { type Platform, parsePlatform } from '@lading/oci';
import { usageError } from './usage.ts';

export type ProgressStyle = 'auto' | 'tty' | 'plain' | 'none';

/** `host:port` to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** One part of a run that several machines share. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Every option of every command: one name means one thing everywhere. A command takes the ones that it lists. */
export interface Options {
  readonly config?: string | undefined;
  readonly only?: string | undefined;
  readonly shard?: Shard | undefined;
  readonly locked?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly detailedExitcode?: boolean | undefined;
  readonly platform?: readonly Platform[] | undefined;
  readonly referrers?: boolean | undefined;
  readonly foreignLayers?: boolean | undefined;
  readonly concurrency?: number | undefined;
  readonly limit?: number | undefined;
  readonly listen?: ListenAddress | undefined;
  readonly user?: string | undefined;
  readonly passwordStdin?: boolean | undefined;
  readonly users?: string | undefined;
  readonly allowAnonymous?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly gc?: boolean | undefined;
  readonly plainHttp?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly json?: boolean | undefined;
  readonly jsonLines?: boolean | undefined;
  readonly progress?: ProgressStyle | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly color?: boolean | undefined;
}

export type OptionName = keyof Options;

/** How an option is written, explained and read. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly parse?: (text: string, previous?: unknown) => unknown;
  readonly choices?: readonly string[];
}

const progressStyles: readonly ProgressStyle[] = ['auto', 'tty', 'plain', 'none'];

export const optionSpecs: Readonly<Record<OptionName, OptionSpec>> = {
  config: {
    flags: '-c, --config <file>',
    description: 'the configuration; single images take only its registries (default: config.yaml)',
  },
  only: {
    flags: '--only <glob>',
    description: 'only entries whose destination matches, for example "*/alpine:*"',
  },
  shard: {
    flags: '--shard <i/n>',
    description: 'only the i-th of n parts of the entries, so that n machines share a run',
    parse: parseShard,
  },
  locked: { flags: '--locked', description: 'take the digests of lading.lock instead of asking for tags' },
  dryRun: { flags: '--dry-run', description: 'say what would be done and write nothing' },
  detailedExitcode: {
    flags: '--detailed-exitcode',
    description: 'exit with 2 when there is something to do',
  },
  platform: {
    flags: '--platform <os/arch[/variant]>',
    description: 'only this platform of a multi-platform image, for example linux/arm64',
    parse: (text, previous) => [...((previous as Platform[] | undefined) ?? []), parsePlatform(text)],
  },
  referrers: {
    flags: '--referrers',
    description: 'take along what refers to the image: signatures, attestations, SBOMs',
  },
  foreignLayers: {
    flags: '--foreign-layers',
    description: 'copy also layers that are to be had from elsewhere (Windows base layers)',
  },
  concurrency: {
    flags: '-j, --concurrency <n>',
    description: 'how many at the same time',
    parse: (text) => parseCount(text, 1),
  },
  limit: { flags: '--limit <n>', description: 'stop after this many', parse: (text) => parseCount(text, 1) },
  listen: {
    flags: '--listen <host:port>',
    description: 'where to listen; port 0 takes a free one (default: 127.0.0.1:5000)',
    parse: parseListenAddress,
  },
  user: { flags: '-u, --user <name>', description: 'the user name' },
  passwordStdin: { flags: '--password-stdin', description: 'read the password from standard input' },
  users: { flags: '--users <file>', description: 'a file of users, one NAME:PASSWORD per line' },
  allowAnonymous: {
    flags: '--allow-anonymous',
    description: 'let everyone in, also from other machines; with users: everyone to pull, users to push',
  },
  readOnly: { flags: '--read-only', description: 'refuse pushes and deletes' },
  gc: { flags: '--gc', description: 'first remove content that nothing refers to any more' },
  plainHttp: {
    flags: '--plain-http <host>',
    description: 'speak http, not https, to this host (loopback addresses need no flag; may be repeated)',
    parse: (text, previous) => [...((previous as string[] | undefined) ?? []), text],
  },
  timeout: {
    flags: '--timeout <duration>',
    description: 'give up after this time, for example 30s, 10m, 1h',
    parse: parseDuration,
  },
  json: { flags: '--json', description: 'print the result as one JSON document' },
  jsonLines: {
    flags: '--json-lines',
    description: 'print events as they happen, one JSON document per line',
  },
  progress: {
    flags: '--progress <style>',
    description: 'how to show progress: auto, tty, plain, none (default: auto)',
    choices: progressStyles,
  },
  quiet: { flags: '-q, --quiet', description: 'print nothing but results and errors' },
  verbose: { flags: '-v, --verbose', description: 'print also causes and stack traces of errors' },
  color: { flags: '--no-color', description: 'no colours (also: NO_COLOR=1)' },
};

/** Options of commands that talk to registries. */
export const registryOptions: readonly OptionName[] = ['plainHttp', 'timeout'];
/** Options that every command takes. */
export const outputOptions: readonly OptionName[] = ['json', 'quiet', 'verbose', 'color'];

function parseShard(text: string): Shard {
  const [, index, total] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(total) };
  if (!(shard.index >= 1 && shard.index <= shard.count)) {
    throw usageError(`invalid shard ${JSON.stringify(text)}`, 'A shard is written i/n, from 1/n to n/n.');
  }
  return shard;
}

function parseCount(text: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw usageError(`${JSON.stringify(text)} is not a whole number from ${least} on`);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** The longest delay that Node's timers take. */
const maxDurationMs = 2_147_483_647;

function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(number) * (unitMs[unit] ?? 1);
  if (value > 0 && value <= maxDurationMs) return value;
  throw usageError(
    `invalid duration ${JSON.stringify(text)}`,
    'A duration is a number with ms, s, m or h: 500ms, 30s, 10m, 1h.',
  );
}

function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw usageError(
      `invalid address ${JSON.stringify(text)}`,
      'An address to listen on is written host:port, for example 127.0.0.1:5000, [::1]:5000, :5000 (every interface).',
    );
  }
  return { host: bracketed ?? (plain || '0.0.0.0'), port: Number(port) };
}
