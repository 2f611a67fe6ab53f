import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import type { Context } from '../../src/context.ts';
import { renderFrame } from '../../src/progress/frame.ts';
import { openProgress } from '../../src/progress/progress.ts';
import { Transfer } from '../../src/progress/transfer.ts';

const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: `sha256:${'a'.repeat(64)}`,
  size: 10_000_000,
};

function working(name: string): Transfer {
  const transfer = new Transfer(name, 0);
  transfer.observe({ type: 'copy:planned', blobs: 1, manifests: 1, totalBytes: 10_000_000 }, 0);
  transfer.observe({ type: 'blob:start', descriptor: blob }, 0);
  return transfer;
}

describe('an image in work says', () => {
  test('that it reads manifests, before its size is known', () => {
    expect(new Transfer('a', 0).describe(0)).toBe('reading manifests');
  });

  test('how much has moved and how fast', () => {
    const transfer = working('a');
    transfer.observe({ type: 'blob:progress', descriptor: blob, sentBytes: 2_000_000 }, 1000);
    expect(transfer.describe(1000)).toBe('2.0 MB of 10.0 MB · 2.0 MB/s');
  });

  test('how long it has waited for the next bytes', () => {
    const transfer = working('a');
    transfer.observe({ type: 'blob:progress', descriptor: blob, sentBytes: 2_000_000 }, 1000);
    expect(transfer.describe(6000)).toBe('2.0 MB of 10.0 MB · waiting 5 s for the next bytes');
  });

  test('no negative rate when an upload starts anew', () => {
    const transfer = working('a');
    transfer.observe({ type: 'blob:progress', descriptor: blob, sentBytes: 5_000_000 }, 1000);
    transfer.observe({ type: 'blob:progress', descriptor: blob, sentBytes: 0 }, 1500);
    expect(transfer.describe(1500)).toBe('0 B of 10.0 MB · 0 B/s');
  });

  test('that it pushes manifests when the blobs are there, mounted ones included', () => {
    const transfer = working('a');
    transfer.observe({ type: 'blob:done', descriptor: blob, outcome: 'mounted' }, 1000);
    transfer.observe({ type: 'manifest:done', descriptor: blob, outcome: 'uploaded' }, 1000);
    expect(transfer.describe(1000)).toBe('10.0 MB of 10.0 MB · pushing manifests');
  });
});

test.each([
  [1, 24],
  [10, 24],
  [200, 24],
  [200, 4],
  [3, 1],
])('%i images in work never fill more than %i rows, nor lines beyond the width', (images, rows) => {
  const transfers = Array.from({ length: images }, (_, index) =>
    working(`registry.example.org/team/image-${index}:1.0`),
  );
  const lines = renderFrame(transfers, { columns: 40, rows }, 0);
  expect(lines.length).toBeLessThan(Math.max(rows, 3));
  for (const line of lines) expect(line.length).toBeLessThan(40);
});

describe('the progress of a run', () => {
  let now = 0;
  let written = '';
  const stderr = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    }),
    { isTTY: true, columns: 60, rows: 10 },
  );
  const context = (env: Record<string, string> = {}, isTTY = true): Context =>
    ({ env, stderr: Object.assign(stderr, { isTTY }), now: () => now }) as unknown as Context;

  beforeEach(() => {
    jest.useFakeTimers();
    written = '';
    now = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const pass = (milliseconds: number): void => {
    now += milliseconds;
    jest.advanceTimersByTime(milliseconds);
  };

  test('on a terminal redraws lines in place and leaves only those of images that are done', () => {
    const progress = openProgress(context(), {});
    progress.start('mine/a:1');
    pass(150);
    expect(written).toBe('  ▸ mine/a:1  reading manifests\n');
    progress.done('mine/a:1', ['  ✓ mine/a:1']);
    progress[Symbol.dispose]();
    expect(written).toBe('  ▸ mine/a:1  reading manifests\n\x1b[1A\x1b[0J  ✓ mine/a:1\n');
  });

  test('in a CI is a line per image, and a sign of life after 15 s of silence', () => {
    using progress = openProgress(context({ CI: 'true' }), {});
    progress.start('mine/a:1');
    pass(14_000);
    expect(written).toBe('');
    pass(2000);
    expect(written).toBe('  … 0 done, 1 in work: mine/a:1 reading manifests\n');
    progress.done('mine/a:1', ['  ✓ mine/a:1']);
    expect(written.endsWith('\n  ✓ mine/a:1\n')).toBe(true);
    pass(60_000);
    expect(written.endsWith('\n  ✓ mine/a:1\n')).toBe(true);
  });

  test('is silent with --progress none and --quiet', () => {
    for (const options of [{ progress: 'none' }, { quiet: true }] as const) {
      using progress = openProgress(context(), options);
      progress.start('mine/a:1');
      pass(20_000);
      progress.done('mine/a:1', ['  ✓ mine/a:1']);
    }
    expect(written).toBe('');
  });
});
