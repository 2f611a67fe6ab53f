import { fileURLToPath } from 'node:url';
import { type RunOptions, type RunResult, run } from './run.ts';

const program = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));

/** `lading` from its source, in a process of its own, to its end. */
export function lading(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(process.execPath, ['--conditions=@lading/source', '--no-warnings', program, ...args], options);
}
