import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseChallenges } from '../src/challenge.ts';
import { nextLink } from '../src/link-header.ts';
import { retryAfterMs } from '../src/retry-after.ts';

describe('case 8: challenges', () => {
  test('several in one header, with quoted commas and escapes', () => {
    const header =
      'Negotiate, Basic realm="a \\"quoted\\", realm", BEARER Realm="https://auth.example/token",service="r",scope="repository:a/b:pull,push"';
    expect(parseChallenges([header])).toEqual([
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'a "quoted", realm' } },
      {
        scheme: 'bearer',
        parameters: { realm: 'https://auth.example/token', service: 'r', scope: 'repository:a/b:pull,push' },
      },
    ]);
  });

  test('one in each of many headers, unquoted values, white space', () => {
    expect(parseChallenges(['Basic realm=x', 'Bearer  realm = "/token" ,  service=y'])).toEqual([
      { scheme: 'basic', parameters: { realm: 'x' } },
      { scheme: 'bearer', parameters: { realm: '/token', service: 'y' } },
    ]);
  });

  test('a token68 is no parameter', () => {
    expect(parseChallenges(['Negotiate YIIB6g==, Basic realm="x"'])).toEqual([
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'x' } },
    ]);
  });

  test('anything is read without failing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (header) => {
        expect(Array.isArray(parseChallenges([header]))).toBe(true);
      }),
    );
  });

  test('what is written is read again', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const challenge = fc.record({
      scheme: name,
      parameters: fc.dictionary(name, fc.string({ maxLength: 20 }), { minKeys: 1 }),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const written = challenges.map(({ scheme, parameters }) => {
          const list = Object.entries(parameters).map(
            ([key, value]) => `${key}="${value.replace(/[\\"]/g, '\\$&')}"`,
          );
          return `${scheme} ${list.join(', ')}`;
        });
        expect(parseChallenges([written.join(', ')])).toEqual(
          challenges.map((one) => ({ ...one, parameters: { ...one.parameters } })),
        );
      }),
    );
  });
});

describe('case 27: Link', () => {
  test.each([
    ['</v2/x/tags/list?last=a&n=2>; rel="next"', '/v2/x/tags/list?last=a&n=2'],
    ['</v2/x>; rel=next', '/v2/x'],
    ['</first>; rel="first", </next>; title="a"; rel="next"', '/next'],
    ['<?next_page=gAAA%3D%3D>; rel="prev next"', '?next_page=gAAA%3D%3D'],
  ])('%s leads to %s', (header, target) => {
    expect(nextLink([header])).toBe(target);
  });

  test.each(['', '</x>; rel="prev"', '</x>; rel="nextish"', 'garbage', '</x'])(
    '%j leads nowhere',
    (header) => {
      expect(nextLink([header])).toBeUndefined();
    },
  );
});

describe('case 64: Retry-After', () => {
  const wall = Date.parse('Wed, 21 Oct 2026 07:00:00 GMT');
  test('counts seconds', () => expect(retryAfterMs('8', undefined, wall)).toBe(8000));
  test('reads a date against the server’s own clock', () => {
    const date = 'Wed, 21 Oct 2026 09:00:00 GMT';
    expect(retryAfterMs('Wed, 21 Oct 2026 09:00:07 GMT', date, wall)).toBe(7000);
  });
  test('reads a date against ours when the server shows none', () => {
    expect(retryAfterMs('Wed, 21 Oct 2026 07:00:05 GMT', undefined, wall)).toBe(5000);
  });
  test('a date that is past means now', () => {
    expect(retryAfterMs('Wed, 21 Oct 2020 07:00:05 GMT', undefined, wall)).toBe(0);
  });
  test.each([undefined, '', '880.092µs', 'soon', '-5', '2026'.repeat(0)])('%j says nothing', (value) => {
    expect(retryAfterMs(value, undefined, wall)).toBeUndefined();
  });
});
