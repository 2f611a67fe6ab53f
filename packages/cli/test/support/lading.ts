import { Readable, Writable } from 'node:stream';
import type { TextStream } from '../../src/context.ts';
import { runProgram } from '../../src/program.ts';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Makes stderr a terminal of this size. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** Makes stdout one. */
  readonly stdoutTerminal?: { readonly columns: number; readonly rows: number };
  /** Told of everything that goes to stderr, as it comes. */
  readonly onStderr?: (text: string) => void;
  /** Told of everything that goes to stdout, as it comes. */
  readonly onStdout?: (text: string) => void;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, as `lading` would, with nothing of this process's environment. */
export async function lading(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const stdout = new Capture(options.onStdout);
  const stderr = new Capture(options.onStderr);
  const code = await runProgram(argv, {
    env: options.env ?? {},
    cwd: options.cwd ?? '/nonexistent',
    // Not even root can write there.
    home: '/dev/null',
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: Object.assign(stdout, options.stdoutTerminal && { isTTY: true, ...options.stdoutTerminal }),
    stderr: Object.assign(stderr, options.terminal && { isTTY: true, ...options.terminal }),
    signal: options.signal ?? new AbortController().signal,
    now: Date.now,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Capture extends Writable implements TextStream {
  readonly #chunks: Buffer[] = [];
  readonly #tell: ((text: string) => void) | undefined;

  constructor(tell?: (text: string) => void) {
    super();
    this.#tell = tell;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    this.#tell?.(chunk.toString('utf8'));
    done();
  }
}
