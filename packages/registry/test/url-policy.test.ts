import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addressZone, checkHop, type HopPurpose, resolveHop } from '../src/url-policy.ts';

const allowed: readonly (readonly [HopPurpose, string, string])[] = [
  ['redirect', 'https://registry.example/v2/', 'https://cdn.example/blob?X-Signature=1'],
  ['redirect', 'http://localhost:5000/v2/', 'http://127.0.0.1:9000/bucket'],
  ['redirect', 'http://localhost:5000/v2/', 'https://cdn.example/blob'],
  ['redirect', 'https://10.0.0.5/v2/', 'https://10.0.0.9/blob'],
  ['redirect', 'https://10.0.0.5/v2/', 'https://10.0.0.5:9443/blob'],
  ['location', 'https://registry.example/v2/', 'https://uploads.example/x'],
  ['realm', 'https://registry.example/v2/', 'https://auth.example/token'],
  ['realm', 'http://localhost:5000/v2/', 'http://localhost:5001/token'],
  ['link', 'https://registry.example/v2/x/tags/list', 'https://registry.example/v2/x/tags/list?last=a'],
];

const refused: readonly (readonly [HopPurpose, string, string])[] = [
  ['redirect', 'https://registry.example/v2/', 'http://registry.example/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://127.0.0.1/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://localhost/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://169.254.169.254/latest/meta-data/'],
  ['redirect', 'https://registry.example/v2/', 'https://2130706433/'],
  ['redirect', 'https://registry.example/v2/', 'https://0x7f.1/'],
  ['redirect', 'https://registry.example/v2/', 'https://10.1.2.3/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://[::1]/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://[::ffff:127.0.0.1]/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://[fe80::1]/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://[fd00::1]/blob'],
  ['redirect', 'https://registry.example/v2/', 'https://100.64.1.1/blob'],
  ['redirect', 'http://localhost:5000/v2/', 'http://169.254.169.254/'],
  ['redirect', 'https://10.0.0.5/v2/', 'https://127.0.0.1/'],
  ['redirect', 'https://registry.example/v2/', 'https://user:secret@cdn.example/'],
  ['redirect', 'https://registry.example/v2/', 'file:///etc/passwd'],
  ['location', 'https://registry.example/v2/', 'https://192.168.1.1/x'],
  ['realm', 'http://registry.example/v2/', 'http://auth.example/token'],
  ['realm', 'https://registry.example/v2/', 'http://registry.example/token'],
  ['link', 'https://registry.example/v2/x/tags/list', 'https://other.example/v2/x/tags/list'],
];

describe('where a server may send us', () => {
  test.each(allowed)('case 22: a %s from %s to %s is followed', (purpose, from, to) => {
    expect(() => checkHop(purpose, new URL(from), new URL(to))).not.toThrow();
  });

  test.each(refused)('case 22: a %s from %s to %s is refused', (purpose, from, to) => {
    expect(() => checkHop(purpose, new URL(from), new URL(to))).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_URL_POLICY' }),
    );
  });

  test('a refusal shows no secret of the URL', () => {
    const to = new URL('https://user:hunter2@cdn.example/?X-Amz-Signature=hunter3');
    expect(() => checkHop('redirect', new URL('https://registry.example/'), to)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter') }),
    );
  });

  test('every IPv4 address of the loopback and link-local nets is recognised, however it is spelled', () => {
    fc.assert(
      fc.property(fc.nat(0xffffff), (rest) => {
        expect(addressZone(new URL(`http://${0x7f000000 + rest}/`).hostname)).toBe('loopback');
        expect(addressZone(new URL(`http://169.254.${(rest >> 8) & 255}.${rest & 255}/`).hostname)).toBe(
          'link-local',
        );
      }),
    );
  });
});

describe('case 23: Location', () => {
  const from = new URL('https://registry.example:5000/v2/acme/a/blobs/uploads/');
  test.each([
    ['/v2/acme/a/blobs/uploads/1', 'https://registry.example:5000/v2/acme/a/blobs/uploads/1'],
    ['1?_state=a%2Fb==', 'https://registry.example:5000/v2/acme/a/blobs/uploads/1?_state=a%2Fb=='],
    ['/artifacts-uploads/ns/x', 'https://registry.example:5000/artifacts-uploads/ns/x'],
    ['//registry.example:5000/v2/x', 'https://registry.example:5000/v2/x'],
    ['registry.example:5000/v2/x', 'https://registry.example:5000/v2/x'],
    ['https://uploads.example:443/x', 'https://uploads.example/x'],
  ])('%s is read as %s', (location, expected) => {
    expect(resolveHop('location', from, location).href).toBe(expected);
  });

  test('what is no URL is refused', () => {
    expect(() => resolveHop('location', from, 'https://[')).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_URL_POLICY' }),
    );
  });
});
