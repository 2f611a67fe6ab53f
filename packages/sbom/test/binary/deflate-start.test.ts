import { Buffer } from 'node:buffer';
import { constants, deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayInflateTo } from '../../src/binary/deflate-start.ts';

const first = Buffer.from('{"packages":[');
const at64 = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(64)]);
const strategies = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

describe('mayInflateTo', () => {
  it('lets everything through that begins as it should, however it is compressed', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 3000 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(...strategies),
        fc.nat(20),
        (rest, level, strategy, at) => {
          const data = deflateSync(Buffer.concat([first, Buffer.from(rest)]), { level, strategy });
          expect(mayInflateTo(first, at64(Buffer.concat([Buffer.alloc(at, 0x78), data])), at)).toBe(true);
        },
      ),
    );
  });

  it('refuses what begins otherwise, where the bytes tell it', () => {
    for (const options of [{ level: 0 }, { strategy: constants.Z_FIXED }]) {
      for (const text of ['{"packages";[', '{"packages":', 'x{"packages":[']) {
        expect(mayInflateTo(first, at64(deflateSync(text, options)), 0)).toBe(false);
      }
    }
    for (const hex of ['789d', '78bb', '1f8b', '789c07', '789cff']) {
      expect(mayInflateTo(first, at64(Buffer.from(hex, 'hex')), 0)).toBe(false);
    }
  });

  it('lets hardly any chance through', () => {
    let state = 1;
    const noise = Buffer.from(
      Array.from({ length: 200_000 }, () => {
        state = (state * 48271) % 2147483647;
        return state & 0xff;
      }),
    );
    let passed = 0;
    for (let at = 0; at + 64 < noise.length; at++) {
      noise[at] = 0x78;
      noise[at + 1] = 0x9c;
      if (mayInflateTo(first, noise, at)) passed++;
    }
    expect(passed).toBeLessThan(2000);
  });
});
