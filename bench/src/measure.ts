import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one run of a command cost, children included. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time. */
  readonly cpuSeconds: number;
  /** The largest resident set of any one process of the command. */
  readonly peakMiB: number;
}

/** A command line as a shell would take it, so that a loop over a peer costs no extra process of ours. */
export interface Work {
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Clears up when the work was measured. */
  done?(): Promise<void>;
}

const limitMs = 300_000;

/**
 * Runs `work` once under GNU time, which sees CPU and memory of all children.
 * Rejects with the command's own output when it fails: a figure of failed work is worth nothing.
 */
export async function measure(work: Work): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-bench-'));
  try {
    const file = join(folder, 'time');
    const child = spawn(
      '/usr/bin/time',
      ['-q', '-f', '%e %U %S %M', '-o', file, 'bash', '-c', work.command],
      {
        env: { ...process.env, ...work.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: limitMs,
      },
    );
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0)
      throw new Error(`exit ${code}: ${work.command}\n${Buffer.concat(output).toString().slice(-2000)}`);
    const [wall = 0, user = 0, system = 0, kibibytes = 0] = (await readFile(file, 'utf8'))
      .trim()
      .split(' ')
      .map(Number);
    return { wallSeconds: wall, cpuSeconds: user + system, peakMiB: kibibytes / 1024 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The middle of some measurements, each quantity by itself. */
export function median(costs: readonly Cost[]): Cost {
  const middle = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    wallSeconds: middle(costs.map((cost) => cost.wallSeconds)),
    cpuSeconds: middle(costs.map((cost) => cost.cpuSeconds)),
    peakMiB: middle(costs.map((cost) => cost.peakMiB)),
  };
}
