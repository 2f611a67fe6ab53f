import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import type { OptionName, Options } from './options.ts';
import type { Output } from './output.ts';

/** One command as data: what `--help`, completion and docs/cli.md say, and where its code is. */
export interface Verb {
  /** As it is typed: `copy`, `config validate`. */
  readonly name: string;
  /** Other names, as other tools have them. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** What `--help` says beyond the summary. */
  readonly description?: string;
  /** By notation: `<source>` must be there, `[dir]` may, `<ref...>` may be repeated. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Beside those that every command takes. */
  readonly options: readonly OptionName[];
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Environment variables that matter, and how. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** Verbs that belong together, under the heading that `lading --help` shows. */
export interface VerbGroup {
  readonly heading: string;
  readonly verbs: readonly Verb[];
}

/** What a command gets. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: Options;
  readonly context: Context;
  readonly output: Output;
}

/** A command. What it throws is shown by `lading` itself. */
export type Run = (invocation: Invocation) => Promise<ExitCode>;
