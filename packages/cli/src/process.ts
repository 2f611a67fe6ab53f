import { homedir } from 'node:os';
import { LadingError } from '@lading/oci';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { openOutput, outputClosed } from './output.ts';
import { runProgram } from './program.ts';

/** How long open handles may keep a finished process, milliseconds: a bound for what a library forgot to close. */
const lingerMs = 3000;

/** Runs the process: the only place that knows `process`. */
export async function start(): Promise<void> {
  const interruption = new AbortController();
  listenForSignals(interruption);
  listenForClosedOutput(interruption);
  const context: Context = {
    env: process.env,
    // A folder that is gone is still where somebody stands: paths in it are not found, and all else works.
    cwd: attempt(process.cwd, process.env.PWD ?? '/'),
    // A container may run as a user id that has no entry and no HOME: Docker says / then.
    home: attempt(homedir, '/'),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interruption.signal,
    now: Date.now,
  };
  process.on('uncaughtException', (error) => {
    const verbose = process.argv.includes('--verbose') || process.argv.includes('-v');
    void openOutput(context, { verbose })
      .fail(error)
      .then(() => process.exit(exitCodes.failed));
  });
  process.exitCode = await runProgram(process.argv.slice(2), context);
  setTimeout(() => process.exit(), lingerMs).unref();
}

function attempt(ask: () => string, otherwise: string): string {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}

/** The first Ctrl-C or SIGTERM lets the command end in order, the second one does not wait for that. */
function listenForSignals(interruption: AbortController): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(exitCodes.interrupted);
      asked = true;
      if (process.stderr.isTTY) process.stderr.write('\nstopping; once more to stop at once\n');
      interruption.abort(new LadingError('ERR_LADING_INTERRUPTED', `interrupted by ${signal}`));
    });
  }
}

/** What is under way ends when nobody reads the result. */
function listenForClosedOutput(interruption: AbortController): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    interruption.abort(outputClosed(error));
  });
  process.stderr.on('error', () => undefined);
}
