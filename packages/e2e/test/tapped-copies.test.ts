import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { openRegistry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { type BlobTap, type CopyHooks, type CopyResult, copy } from '@lading/store';
import {
  type Fault,
  faults,
  makeImage,
  pushImage,
  randomBytesOf,
  rawLayer,
  startProxy,
} from '@lading/testkit';

/** Large enough to go from socket to socket. */
const bytes = randomBytesOf(9_000_000, 'large');
const image = makeImage({ layers: [rawLayer(bytes, 'application/vnd.oci.image.layer.v1.tar')] });
const isLarge = ({ descriptor }: Pick<BlobTap, 'descriptor'>): boolean =>
  descriptor.size === bytes.byteLength;
const large = { path: new RegExp(`blobs/${digestOf(bytes)}`) };

let folder = '';
let upstream: RegistryServer;
let mine: RegistryServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-tapped-'));
  upstream = await startRegistry({ directory: join(folder, 'upstream') });
  mine = await startRegistry({ directory: join(folder, 'mine') });
  await pushImage(upstream.url, 'app', 'v1', image);
});
afterEach(async () => {
  await upstream.close();
  await mine.close();
  await rm(folder, { recursive: true });
});

/** What a tapper of the large layer got. */
interface Tapped {
  calls: number;
  readonly chunks: Uint8Array[];
  error: string | undefined;
}

interface Case {
  readonly onSource?: readonly Fault[];
  readonly onDestination?: readonly Fault[];
  /** Milliseconds between two chunks. */
  readonly pauseMs?: number;
  readonly hooks?: CopyHooks;
  /** Aborts when the tapper has so many bytes. */
  readonly abortAt?: number;
}

/** Copies from registry to registry with a tap. */
async function tappedCopy({ onSource = [], onDestination = [], pauseMs, hooks, abortAt }: Case) {
  await using source = await startProxy({ target: upstream.url, script: onSource });
  await using destination = await startProxy({ target: mine.url, script: onDestination });
  const client = openRegistry();
  const tapped: Tapped = { calls: 0, chunks: [], error: undefined };
  const abort = new AbortController();
  let sent = 0;
  let taken = 0;
  let furthest = 0;
  const onBlob = async (tap: BlobTap): Promise<void> => {
    if (!isLarge(tap)) return;
    tapped.calls++;
    try {
      for await (const chunk of tap.bytes) {
        tapped.chunks.push(chunk);
        taken += chunk.byteLength;
        furthest = Math.max(furthest, sent - taken);
        if (abortAt !== undefined && taken >= abortAt) abort.abort(new Error('enough'));
        if (pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } catch (error) {
      tapped.error = (error as { code: string }).code;
    }
  };
  let result: CopyResult | undefined;
  let failure: unknown;
  try {
    result = await copy(
      client.repository(`${source.host}/app`),
      'v1',
      client.repository(`${destination.host}/app`),
      'v1',
      {
        hooks: { onBlob, ...hooks },
        signal: abort.signal,
        onEvent: (event) => {
          if (event.type === 'blob:progress' && isLarge(event)) sent = event.sentBytes;
        },
      },
    );
  } catch (error) {
    failure = error;
  }
  await client.close();
  const gets = source.requests.filter(({ method, path }) => method === 'GET' && large.path.test(path));
  return { tapped, result, failure, furthest, gets };
}

async function isThere(): Promise<boolean> {
  const response = await fetch(`${mine.url}/v2/app/blobs/${digestOf(bytes)}`);
  return response.ok && digestOf(Buffer.from(await response.arrayBuffer())) === digestOf(bytes);
}

describe('a large layer that is copied from registry to registry and tapped', () => {
  test('goes from socket to socket all the same, and the tapper sees every byte once', async () => {
    const { tapped, result, gets } = await tappedCopy({});
    expect(result?.changed).toBe(true);
    expect(gets.map(({ headers }) => headers.connection)).toEqual(['close']);
    expect(tapped).toMatchObject({ calls: 1, error: undefined });
    expect(Buffer.compare(Buffer.concat(tapped.chunks), bytes)).toBe(0);
    expect(await isThere()).toBe(true);
  });

  test('waits for a tapper that is slow', async () => {
    const { tapped, furthest } = await tappedCopy({ pauseMs: 5 });
    expect(Buffer.compare(Buffer.concat(tapped.chunks), bytes)).toBe(0);
    // What the tap holds, and what is in the buffers of one read and one write.
    expect(furthest).toBeLessThan(2_500_000);
    expect(await isThere()).toBe(true);
  });

  test('goes on without a tapper that stands still', async () => {
    const released = Promise.withResolvers<void>();
    let code: unknown;
    const onBlob = async (tap: BlobTap): Promise<void> => {
      if (!isLarge(tap)) return;
      await released.promise;
      await tap.bytes.pipeTo(new WritableStream()).catch((error: { code: string }) => {
        code = error.code;
      });
    };
    const copying = tappedCopy({ hooks: { onBlob, tapPatienceMs: 50 } });
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 20));
    released.resolve();
    expect((await copying).result?.changed).toBe(true);
    expect(code).toBe('ERR_LADING_TAP_LAGGED');
  });

  test.each([
    ['a torn download', { onSource: [faults.dropAfter(3_000_000, large)] }],
    [
      'a torn upload',
      { onDestination: [faults.dropUploadAfter(3_000_000, { kind: 'upload', method: 'PUT' })] },
    ],
    [
      'an upload that is refused once',
      { onDestination: [faults.statusOnce(503, { kind: 'upload', method: 'PUT' })] },
    ],
  ])('%s is begun anew, and no byte is seen twice', async (_, fault) => {
    const { tapped, result } = await tappedCopy(fault);
    expect(result?.changed).toBe(true);
    expect(tapped).toMatchObject({ calls: 1, error: undefined });
    expect(Buffer.compare(Buffer.concat(tapped.chunks), bytes)).toBe(0);
    expect(await isThere()).toBe(true);
  });

  test('that is wrong is wrong for the tapper, too, and never whole at the destination', async () => {
    const { tapped, failure } = await tappedCopy({ onSource: [faults.corrupt(8_999_999, large)] });
    expect(failure).toMatchObject({ origin: 'source', cause: { code: 'ERR_LADING_CONTENT_MISMATCH' } });
    expect(tapped).toMatchObject({ calls: 1, error: 'ERR_LADING_CONTENT_MISMATCH' });
    expect(await isThere()).toBe(false);
  });

  test('that is interrupted ends the tap with an error', async () => {
    const { tapped, failure } = await tappedCopy({ abortAt: 2_000_000 });
    expect(failure).toMatchObject({ message: 'enough' });
    expect(tapped).toMatchObject({ calls: 1, error: 'ERR_LADING_TAP_LAGGED' });
    expect(await isThere()).toBe(false);
  });
});
