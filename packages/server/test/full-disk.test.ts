import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { randomBytesOf } from '@lading/testkit';
import { startChild } from './child.ts';
import { beginUpload, pushBlob, send, temporaryDirectory } from './support.ts';

/** Disks that take no more than a few megabytes. A limit on the size of files can be had anywhere, a small file system where one may be mounted. */
function smallDisks(directory: string): readonly (readonly [string, readonly string[]])[] {
  const limited = ['sh', '-c', 'ulimit -f 4000; exec "$@"'];
  const mounted = [
    'unshare',
    '-rm',
    'sh',
    '-c',
    `mount -t tmpfs -o size=4m tmpfs '${directory}' && exec "$@"`,
  ];
  const mountable =
    spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs tmpfs '${directory}'`]).status === 0;
  return [['file size limit', limited] as const, ...(mountable ? [['tmpfs', mounted] as const] : [])];
}

test('a full disk is answered 507, leaves no rest, and does not stop the server', async () => {
  await using directory = await temporaryDirectory();
  for (const [disk, shell] of smallDisks(directory.path)) {
    await using server = await startChild(directory.path, shell);
    const large = randomBytesOf(8_000_000, disk);
    // Three times: what a failed upload leaves behind would fill the disk.
    for (let attempt = 0; attempt < 3; attempt++) {
      const location = await beginUpload(server.url, 'acme/app');
      const refused = await send(server.url, 'PATCH', location, { body: large });
      expect([disk, refused.status, refused.codes]).toEqual([disk, 507, ['UNKNOWN']]);
      expect((await send(server.url, 'GET', location)).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    }
    const digest = await pushBlob(server.url, 'acme/app', randomBytesOf(1_500_000, disk));
    expect((await send(server.url, 'GET', `/v2/acme/app/blobs/${digest}`)).body.byteLength).toBe(1_500_000);
  }
}, 60_000);
