import { execFile } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface RunResult {
  /** 0 when it did its work. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Peers that hang are ended after this long. */
const limitMs = 100_000;

/** Runs a program to its end, whatever its exit code. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      {
        encoding: 'buffer',
        timeout: limitMs,
        maxBuffer: 256 * 1024 * 1024,
        ...(options.cwd !== undefined && { cwd: options.cwd }),
        env: { ...process.env, ...options.env },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr: stderr.toString() });
        else reject(error);
      },
    );
  });
}

/** The standard output of a program that does its work. */
export async function output(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Buffer> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${stderr}`);
  return stdout;
}
