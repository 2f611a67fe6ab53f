import { expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { randomBytesOf } from '@lading/testkit';
import { readAll } from '../src/index.ts';
import { Tap } from '../src/tap.ts';

const piece = 1_200_000;
const bytes = randomBytesOf(3 * piece, 'tapped');
const target = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.byteLength };
const pieceOf = (index: number): Uint8Array => bytes.subarray(index * piece, (index + 1) * piece);

test('who brings more before there is room waits for the same as before, and the tapper is not let go for it', async () => {
  const tap = new Tap(target, 50);
  const attempt = tap.attempt(0);
  // A TLS connection gives out what it has already decrypted, paused or not.
  const rooms = [attempt.take(pieceOf(0)), attempt.take(pieceOf(1))];
  const whole = readAll(tap.stream, bytes.byteLength);
  await Promise.all(rooms);
  await new Promise((resolve) => setTimeout(resolve, 100));
  attempt.take(pieceOf(2));
  attempt.end();
  expect(Buffer.compare(await whole, bytes)).toBe(0);
});

test('who is told to wait does so until the tapper has taken something', async () => {
  const tap = new Tap(target, 60_000);
  const room = tap.attempt(0).take(pieceOf(0));
  const early = await Promise.race([
    room?.then(() => 'room'),
    new Promise((resolve) => setTimeout(resolve, 30)),
  ]);
  expect(early).toBeUndefined();
  await tap.stream.getReader().read();
  expect(await room).toBeUndefined();
});
