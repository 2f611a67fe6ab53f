import type { Failure } from './failure.ts';

/** What the process's exit code tells; the same for every command. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** Only with `--detailed-exitcode`. */
  changes: 2,
  usage: 3,
  authentication: 4,
  verification: 5,
  someEntriesFailed: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The table of `lading --help` and of docs/cli.md. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, 'fine'],
  [exitCodes.failed, 'failed'],
  [exitCodes.changes, 'there are changes (only with --detailed-exitcode)'],
  [exitCodes.usage, 'wrong usage or configuration'],
  [
    exitCodes.authentication,
    'a registry or key service does not accept the credentials, or a key the password',
  ],
  [exitCodes.verification, 'no valid signature, or content is not what its digest says'],
  [exitCodes.someEntriesFailed, 'some entries failed, others did not'],
  [exitCodes.interrupted, 'interrupted'],
];

const exitCodeOf: Readonly<Record<string, ExitCode>> = {
  ERR_LADING_USAGE: exitCodes.usage,
  ERR_LADING_CONFIG: exitCodes.usage,
  ERR_LADING_REFERENCE: exitCodes.usage,
  ERR_LADING_KEY: exitCodes.usage,
  ERR_LADING_KEY_PASSWORD: exitCodes.authentication,
  ERR_LADING_UNAUTHORIZED: exitCodes.authentication,
  ERR_LADING_DENIED: exitCodes.authentication,
  ERR_LADING_CONTENT_MISMATCH: exitCodes.verification,
  ERR_LADING_TRUST_POLICY: exitCodes.usage,
  ERR_LADING_TRUSTED_ROOT: exitCodes.usage,
  ERR_LADING_SIGNING_CONFIG: exitCodes.usage,
  ERR_LADING_PREDICATE: exitCodes.usage,
  ERR_LADING_KEY_SERVICE: exitCodes.authentication,
  ERR_LADING_TOKEN: exitCodes.authentication,
  ERR_LADING_UNSIGNED: exitCodes.verification,
  ERR_LADING_UNVERIFIED: exitCodes.verification,
  ERR_LADING_INTERRUPTED: exitCodes.interrupted,
};

/** The exit code of a command that failed as a whole. */
export function exitCodeOfFailure(failure: Pick<Failure, 'code'>): ExitCode {
  return exitCodeOf[failure.code] ?? exitCodes.failed;
}
