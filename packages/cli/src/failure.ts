import type { ConfigError, ConfigIssue } from '@lading/config';
import { isLadingError, type LadingError } from '@lading/oci';
import type { RegistryError } from '@lading/registry';
import type { CopyError } from '@lading/store';

/** An error as plain data: what is shown, and what `--json` prints. */
export interface Failure {
  /** Never renamed; what programs match on. */
  readonly code: string;
  readonly message: string;
  /** Which side of a copy it was. */
  readonly side?: 'source' | 'destination' | undefined;
  /** The server's own words. */
  readonly server?: ServerAnswer | undefined;
  /** Which credentials were used, never the secret. */
  readonly credentials?: string | undefined;
  readonly hint?: string | undefined;
  /** What is wrong in a configuration file, with lines. */
  readonly issues?: readonly ConfigIssue[] | undefined;
}

/** What a registry said when it refused. */
export interface ServerAnswer {
  readonly request: string;
  readonly status?: number | undefined;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly requestId?: string | undefined;
}

/** How deep causes are followed; a bound against causes that form a ring. */
const maxDepth = 8;

/** Reads an error and its causes into plain data. */
export function describeFailure(error: unknown): Failure {
  const chain = causes(error);
  const known = chain.find(isLadingError);
  if (known === undefined) return unexpected(chain);
  const side = find<CopyError, 'origin'>(chain, 'origin');
  return {
    code: known.code,
    // The side has a column of its own.
    message: side === undefined ? known.message : known.message.replace(`${side}: `, ''),
    side,
    server: serverAnswer(chain),
    credentials: find<RegistryError, 'credentialsSource'>(chain, 'credentialsSource'),
    hint: find<LadingError, 'hint'>(chain, 'hint') ?? systemHint(chain),
    issues: find<ConfigError, 'issues'>(chain, 'issues'),
  };
}

/** What no package throws on purpose: a disk, a bug. */
function unexpected(chain: readonly unknown[]): Failure {
  const { syscall } = (chain[0] ?? {}) as { syscall?: string };
  const message = isErrorLike(chain[0]) ? chain[0].message : String(chain[0]);
  if (syscall !== undefined) return { code: 'ERR_LADING_SYSTEM', message, hint: systemHint(chain) };
  return {
    code: 'ERR_LADING_UNEXPECTED',
    message,
    hint: 'This looks like a mistake in lading: run again with --verbose, and report what it prints.',
  };
}

const systemHints: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full.',
  EACCES: 'This user may not do that there.',
  EROFS: 'The file system is read-only.',
  EISDIR: 'That is a folder.',
  EADDRINUSE:
    'Something else listens there: choose another port with --listen HOST:PORT, or 0 for a free one.',
};

/** What a failure of this machine means, wherever in the chain it is. */
function systemHint(chain: readonly unknown[]): string | undefined {
  for (const link of chain) {
    const { code = '', syscall } = link as { code?: string; syscall?: string };
    // Node says ENOENT when it makes a folder with its parents and the file system forbids it.
    if (code === 'ENOENT' && syscall === 'mkdir')
      return 'No folder can be made there: is the place writable?';
    if (Object.hasOwn(systemHints, code)) return systemHints[code];
  }
  return undefined;
}

function serverAnswer(chain: readonly unknown[]): ServerAnswer | undefined {
  const refusal = chain.find((link) => (link as Partial<RegistryError>).url !== undefined) as
    | RegistryError
    | undefined;
  if (refusal === undefined) return undefined;
  const { method, url, status, errors, requestId } = refusal;
  return { request: `${method ?? 'GET'} ${url}`, status, errors: errors ?? [], requestId };
}

/** The value of a property at the outermost link that has it. */
function find<Link, Key extends keyof Link>(chain: readonly unknown[], key: Key): Link[Key] | undefined {
  return chain.map((link) => (link as Partial<Link>)[key]).find((value) => value !== undefined);
}

function isErrorLike(value: unknown): value is Error {
  return typeof (value as { message?: unknown } | undefined)?.message === 'string';
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && chain.length < maxDepth; ) {
    chain.push(link);
    link = (link as { cause?: unknown }).cause;
  }
  return chain;
}
