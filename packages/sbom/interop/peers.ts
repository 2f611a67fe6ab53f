import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program that `scripts/peers.sh` has built. */
export function peer(name: 'syft' | 'trivy'): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(process.env.LADING_PEERS ?? join(cache, 'lading/peers'), 'bin', name);
}

/** A JSON schema that the module of a program carries for its own tests. */
export function schemaIn(name: 'syft', path: string): object {
  const script = fileURLToPath(new URL('../../../scripts/peers.sh', import.meta.url));
  const { status, stdout, stderr } = spawnSync(script, ['--source', name], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the module of ${name} cannot be had: ${stderr}`);
  return JSON.parse(readFileSync(join(stdout.trim().split('\n').at(-1)!, path), 'utf8')) as object;
}
