import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '@lading/oci';
import {
  emptyLock,
  formatLock,
  type Lock,
  mergeLocks,
  parseLock,
  readLock,
  shardLockPath,
  writeLock,
} from '../src/index.ts';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const lockOf = (images: Record<string, readonly [Digest, string]>): Lock => ({
  images: new Map(Object.entries(images).map(([name, [at, firstSeen]]) => [name, { digest: at, firstSeen }])),
  tools: new Map(),
});

describe('lading.lock', () => {
  test('is sorted, with a line for each tag', () => {
    const lock = lockOf({
      'b:1': [digest('b'), '2026-11-02T00:00:00Z'],
      'a:1': [digest('a'), '2026-11-01T00:00:00Z'],
    });
    expect(formatLock(lock)).toBe(`{
  "schemaVersion": 1,
  "images": {
    "a:1": {"digest":"${digest('a')}","firstSeen":"2026-11-01T00:00:00Z"},
    "b:1": {"digest":"${digest('b')}","firstSeen":"2026-11-02T00:00:00Z"}
  },
  "tools": {}
}
`);
  });

  test('reads what it has written', () => {
    const lock: Lock = {
      images: lockOf({ 'a:1': [digest('a'), '2026-11-01T00:00:00Z'] }).images,
      tools: new Map([['trivy', `ghcr.io/x/trivy@${digest('c')}`]]),
    };
    expect(parseLock(formatLock(lock))).toEqual(lock);
    expect(parseLock(formatLock(emptyLock))).toEqual(emptyLock);
  });

  test.each([
    '',
    '[]',
    '{"schemaVersion": 2}',
    '{"schemaVersion": 1, "images": []}',
    '{"schemaVersion": 1, "images": {"a": {"digest": "sha256:1", "firstSeen": "2026-11-01"}}}',
    `{"schemaVersion": 1, "images": {"a": {"digest": "${digest('a')}", "firstSeen": "soon"}}}`,
    '{"schemaVersion": 1, "tools": {"apko": 1}}',
  ])('that says %s is refused', (text) => {
    expect(() => parseLock(text)).toThrow(expect.objectContaining({ code: 'ERR_LADING_LOCK' }));
  });

  test('of several shards is merged: the first sight of a digest, the newest digest of a tag', () => {
    const merged = mergeLocks([
      lockOf({
        'same:1': [digest('a'), '2026-11-05T00:00:00Z'],
        'moved:1': [digest('a'), '2026-11-01T00:00:00Z'],
      }),
      lockOf({
        'same:1': [digest('a'), '2026-11-02T00:00:00Z'],
        'moved:1': [digest('b'), '2026-11-09T00:00:00Z'],
      }),
      lockOf({ 'other:1': [digest('c'), '2026-11-03T00:00:00Z'] }),
    ]);
    expect(merged).toEqual(
      lockOf({
        'same:1': [digest('a'), '2026-11-02T00:00:00Z'],
        'moved:1': [digest('b'), '2026-11-09T00:00:00Z'],
        'other:1': [digest('c'), '2026-11-03T00:00:00Z'],
      }),
    );
  });

  test('is written in one step, and read again; none is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lading-lock-'));
    try {
      const path = join(folder, 'lading.lock');
      expect(await readLock(path)).toBeUndefined();
      const lock = lockOf({ 'a:1': [digest('a'), '2026-11-01T00:00:00Z'] });
      await writeFile(path, 'an older one');
      await writeLock(path, lock);
      expect(await readLock(path)).toEqual(lock);
      expect(await readdir(folder)).toEqual(['lading.lock']);
      await expect(writeLock(join(folder, 'missing', 'lading.lock'), lock)).rejects.toMatchObject({
        code: 'ENOENT',
      });
      expect(await readFile(path, 'utf8')).toBe(formatLock(lock));
      expect(shardLockPath(path, 3)).toBe(`${path}.3`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
