import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ChildRegistry extends AsyncDisposable {
  readonly url: string;
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
}

const script = fileURLToPath(new URL('serve.ts', import.meta.url));

/** A registry in a process of its own; `shell` runs before it and must end with `exec "$@"`. */
export async function startChild(directory: string, shell?: readonly string[]): Promise<ChildRegistry> {
  const command = [process.execPath, '--conditions=@lading/source', '--no-warnings', script, directory];
  const [program = '', ...args] = shell ? [...shell, 'sh', ...command] : command;
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const [host] = (await Promise.race([once(lines, 'line'), exited.then(() => [])])) as string[];
  if (host === undefined) throw new Error('the registry did not start');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { url: `http://${host}`, kill, [Symbol.asyncDispose]: kill };
}
