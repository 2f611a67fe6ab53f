import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** A name for something that this process makes and removes again, by which others can tell whether its maker is gone. */
export function ownName(): string {
  // Random at its end: in a container that was killed and started again, another process had the same host name and id.
  return `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** True when the maker of `name` ran on this machine and has ended: killed, as it left something behind. */
export function isAbandoned(name: string): boolean {
  const parts = /^(.+)-([0-9]+)-[0-9a-f]+$/.exec(name);
  if (parts?.[1] !== hostname()) return false;
  try {
    process.kill(Number(parts[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
