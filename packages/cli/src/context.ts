import type { Readable, Writable } from 'node:stream';

/** A stream that text goes to, and what is known of the terminal behind it. */
export type TextStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** All that a command gets of the process it runs in. Commands touch nothing else, so that tests run them in-process. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly home: string;
  readonly stdin: Readable;
  /** Results only. */
  readonly stdout: TextStream;
  /** Everything else. */
  readonly stderr: TextStream;
  /** Aborted by Ctrl-C and SIGTERM with `ERR_LADING_INTERRUPTED`, by a closed stdout with `ERR_LADING_OUTPUT_CLOSED`. */
  readonly signal: AbortSignal;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
}
