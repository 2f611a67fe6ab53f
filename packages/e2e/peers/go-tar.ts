import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { peer } from './peer.ts';

/** What Go's archive/tar sees in an archive. */
export interface ArchiveView {
  readonly entries: readonly {
    readonly type: string;
    /** Bytes, in hexadecimal. */
    readonly name: string;
    readonly link: string;
    readonly size: number;
    /** Of the content; empty when it could not be read to its end. */
    readonly sha256: string;
  }[];
  /** What kind of error ended it; empty when it was read to its end. */
  readonly error: string;
}

/** Asks Go what is in archives, one after the other. */
export async function* goViews(
  archives: Iterable<Buffer>,
): AsyncGenerator<{ archive: Buffer; view: ArchiveView }> {
  const child = spawn(peer('go-tar'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (const archive of archives) {
      await send(child.stdin, archive);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('go-tar ended before it answered');
      yield { archive, view: JSON.parse(value) as ArchiveView };
    }
  } finally {
    child.stdin.end();
    await exited;
  }
}

async function send(stdin: Writable, archive: Buffer): Promise<void> {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(archive.length);
  stdin.write(length);
  if (!stdin.write(archive)) await once(stdin, 'drain');
}
