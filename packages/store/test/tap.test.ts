import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { randomBytesOf } from '@lading/testkit';
import { readAll } from '../src/index.ts';
import { Tap } from '../src/tap.ts';

const piece = 1_200_000;
const bytes = randomBytesOf(3 * piece, 'tapped');
const target = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.byteLength };
const pieceOf = (index: number): Uint8Array => bytes.subarray(index * piece, (index + 1) * piece);
const patienceMs = 100;

// Time passes when a test says so, however busy the machine is.
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('who brings more before there is room waits for the same as before, and the tapper is not let go for it', async () => {
  const tap = new Tap(target, patienceMs);
  const attempt = tap.attempt(0);
  // A TLS connection gives out what it has already decrypted, paused or not.
  const rooms = [attempt.take(pieceOf(0)), attempt.take(pieceOf(1))];
  const whole = readAll(tap.stream, bytes.byteLength);
  await Promise.all(rooms);
  jest.advanceTimersByTime(10 * patienceMs);
  attempt.take(pieceOf(2));
  attempt.end();
  expect(Buffer.compare(await whole, bytes)).toBe(0);
});

test('who is told to wait does so until the tapper has taken something', async () => {
  const tap = new Tap(target, patienceMs);
  const room = tap.attempt(0).take(pieceOf(0));
  expect(await Promise.race([room?.then(() => 'room'), turn()])).toBeUndefined();
  await tap.stream.getReader().read();
  expect(await room).toBeUndefined();
});

test('a tapper that takes little is not let go as long as it takes something', async () => {
  const small = 10_000;
  const tap = new Tap(target, patienceMs);
  const attempt = tap.attempt(0);
  let room: Promise<void> | undefined;
  for (let at = 0; at < 2 * piece; at += small) room = attempt.take(bytes.subarray(at, at + small));
  const reader = tap.stream.getReader();
  let isNear = false;
  void room?.then(() => {
    isNear = true;
  });
  for (let taken = 0; taken < 20; taken++) {
    await reader.read();
    jest.advanceTimersByTime(patienceMs);
  }
  await turn();
  expect(isNear).toBe(false);
  jest.advanceTimersByTime(2 * patienceMs);
  await turn();
  expect(isNear).toBe(true);
  await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_LADING_TAP_LAGGED' });
});

test('of two attempts that began before anything came only the later one counts, with a hash of its own', async () => {
  const tap = new Tap(target);
  const read = readAll(tap.stream, bytes.byteLength).catch((error: { code: string }) => error.code);
  const early = tap.attempt(0);
  const late = tap.attempt(0);
  const wrong = bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte));
  expect(codeOf(() => early.take(pieceOf(0)))).toBe('ERR_LADING_TAP_LAGGED');
  expect(codeOf(() => late.take(wrong))).toBe('ERR_LADING_CONTENT_MISMATCH');
  tap.end();
  expect(await read).toBe('ERR_LADING_TAP_LAGGED');
});

test('empty chunks change nothing, also behind the last byte', async () => {
  const tap = new Tap(target);
  const read = readAll(tap.stream, bytes.byteLength);
  for (let count = 0; count < 2; count++) {
    const attempt = tap.attempt(0);
    for (const chunk of [new Uint8Array(), bytes, new Uint8Array()]) attempt.take(chunk);
    attempt.end();
  }
  expect(Buffer.compare(await read, bytes)).toBe(0);
});
