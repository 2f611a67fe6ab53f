import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ContentVerifier,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  isLadingError,
  parseDigest,
  verifyContent,
} from '../src/index.ts';

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('digests', () => {
  test('are known for empty content and for "{}"', () => {
    expect(digestOf(new Uint8Array())).toBe(empty);
    expect(digestOf(Buffer.from('{}'))).toBe(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });

  test('case 56: sha512 is an algorithm like sha256', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('sha256' as const, 'sha512' as const),
        (bytes, algorithm) => {
          const digest = digestOf(bytes, algorithm);
          expect(digest).toBe(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
          expect(parseDigest(digest)).toBe(digest);
          expect([digestAlgorithm(digest), digestHex(digest)].join(':')).toBe(digest);
        },
      ),
    );
  });

  test.each([
    ['an unknown algorithm', `md5:${'a'.repeat(32)}`, 'starts with sha256: or sha512:'],
    ['no algorithm', 'a'.repeat(64), 'starts with sha256: or sha512:'],
    ["an object's own names", `constructor:${'a'.repeat(64)}`, 'starts with sha256: or sha512:'],
    ['capitals', `sha256:${'A'.repeat(64)}`, '64 lower-case hexadecimal digits'],
    ['too few digits', `sha256:${'a'.repeat(63)}`, '64 lower-case hexadecimal digits'],
    ['too many digits', `sha512:${'a'.repeat(129)}`, '128 lower-case hexadecimal digits'],
    ['a line feed at the end', `${empty}\n`, '64 lower-case hexadecimal digits'],
    ['white space before it', ` ${empty}`, 'starts with sha256: or sha512:'],
    ['nothing', '', 'starts with sha256: or sha512:'],
  ])('with %s are ERR_LADING_DIGEST', (_, text, why) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_DIGEST', message: expect.stringContaining(why) }),
    );
  });

  test('any text is a digest or ERR_LADING_DIGEST with a short message', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5_000 }), (text) => {
        try {
          expect(isDigest(parseDigest(text))).toBe(true);
        } catch (error) {
          expect(isLadingError(error) && error.code).toBe('ERR_LADING_DIGEST');
          expect((error as Error).message.length).toBeLessThan(1_500);
        }
      }),
    );
  });
});

/** Content in chunks, as it may arrive. */
const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });

describe('ContentVerifier', () => {
  test('takes content in whatever pieces it comes', () => {
    fc.assert(
      fc.property(chunks, fc.constantFrom('sha256' as const, 'sha512' as const), (pieces, algorithm) => {
        const whole = Buffer.concat(pieces);
        const verifier = new ContentVerifier({ digest: digestOf(whole, algorithm), size: whole.byteLength });
        for (const piece of pieces) verifier.update(piece);
        verifier.finish();
        expect(verifier.seen).toBe(whole.byteLength);
      }),
    );
  });

  test('take finishes with the last byte, and knows no wrong content by then', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), fc.integer({ min: 1, max: 255 }), (pieces, where, change) => {
        const whole = Buffer.concat(pieces);
        const expected = { digest: digestOf(whole), size: whole.byteLength };
        const verifier = new ContentVerifier(expected);
        for (const piece of [...pieces, new Uint8Array()]) verifier.take(piece);
        expect(() => verifier.take(Buffer.from('x'))).toThrow('is longer than');
        if (whole.byteLength === 0) return;
        const wrong = Uint8Array.from(whole);
        wrong[where % wrong.byteLength]! ^= change;
        expect(() => new ContentVerifier(expected).take(wrong)).toThrow('hashes to');
      }),
    );
  });

  test('finds every change of a byte, every byte too many and every byte too few', () => {
    const content = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, where, change) => {
        const expected = { digest: digestOf(bytes), size: bytes.byteLength };
        const changed = Uint8Array.from(bytes);
        changed[where % bytes.byteLength]! ^= change;
        for (const wrong of [
          changed,
          bytes.subarray(1),
          bytes.subarray(0, -1),
          Buffer.concat([bytes, Buffer.of(0)]),
        ]) {
          expect(() => verifyContent(expected, wrong)).toThrow(
            expect.objectContaining({ code: 'ERR_LADING_CONTENT_MISMATCH' }),
          );
        }
      }),
    );
  });

  test('throws as soon as there is too much, not at the end', () => {
    const verifier = new ContentVerifier({ digest: empty, size: 2 });
    verifier.update(Buffer.from('ab'));
    expect(() => verifier.update(Buffer.from('c'))).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_CONTENT_MISMATCH' }),
    );
  });

  test('refuses a digest that is none', () => {
    const wrong = { digest: 'sha256:abc' as const, size: 1 };
    expect(() => new ContentVerifier(wrong)).toThrow(expect.objectContaining({ code: 'ERR_LADING_DIGEST' }));
  });
});
