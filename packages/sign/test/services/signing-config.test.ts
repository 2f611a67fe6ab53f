import { describe, expect, test } from '@jest/globals';
import { type ChosenServices, chooseServices } from '../../src/services/choose-services.ts';
import {
  createSigningConfig,
  parseSigningConfig,
  type ServiceSelector,
  type SigstoreService,
  signingConfigMediaType,
} from '../../src/services/signing-config.ts';

const now = Date.UTC(2026, 0, 2);
const day = 86_400_000;

function service(name: string, more: Partial<SigstoreService> = {}): SigstoreService {
  return {
    url: `https://${name}.example.com`,
    majorApiVersion: 1,
    validFor: { start: new Date(now - day) },
    operator: name,
    ...more,
  };
}

function choose(
  services: readonly SigstoreService[],
  selector: ServiceSelector = 'ANY',
  random = 0,
): ChosenServices {
  return chooseServices(services, { kind: 'logs', selector, versions: [1, 2], now, random: () => random });
}
const names = ({ services }: ChosenServices): string[] => services.map(({ operator }) => operator);

describe('chooseServices', () => {
  test('takes the highest version that is spoken and valid now, of each operator the newest', () => {
    const start = (days: number) => ({ start: new Date(now + days * day) });
    const all = [
      service('old', { majorApiVersion: 1 }),
      service('a', { majorApiVersion: 2, validFor: start(-9), url: 'https://a1.example.com' }),
      service('a', { majorApiVersion: 2, validFor: start(-1), url: 'https://a2.example.com' }),
      service('b', { majorApiVersion: 2, validFor: { start: new Date(now - 9 * day), end: new Date(now) } }),
      service('ended', { majorApiVersion: 2, validFor: { end: new Date(now - 1) } }),
      service('future', { majorApiVersion: 2, validFor: start(1) }),
      service('unknown', { majorApiVersion: 3 }),
    ];
    const { services, needed } = choose(all, 'ALL');
    expect(services.map(({ url }) => url)).toEqual(['https://a2.example.com', 'https://b.example.com']);
    expect(needed).toBe(2);
  });

  test('falls back to an older version when the newer one is not valid yet', () => {
    const all = [
      service('new', { majorApiVersion: 2, validFor: { start: new Date(now + 1) } }),
      service('old'),
    ];
    expect(names(choose(all))).toEqual(['old']);
  });

  test('ANY needs one, and EXACT as many as it says; the others stand in, in an order by chance', () => {
    const all = ['a', 'b', 'c'].map((name) => service(name));
    expect(choose(all).needed).toBe(1);
    expect(names(choose(all))).toEqual(['a', 'b', 'c']);
    expect(names(choose(all, 'ANY', 0.99))).toEqual(['c', 'b', 'a']);
    expect(choose(all, { exact: 2 }, 0.5)).toMatchObject({ needed: 2 });
    expect(names(choose(all, { exact: 2 }, 0.5)).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('nothing needs nothing', () => {
    expect(choose([], 'ALL')).toEqual({ services: [], needed: 0 });
  });

  test.each<readonly [ServiceSelector, readonly SigstoreService[]]>([
    [{ exact: 2 }, [service('a')]],
    [{ exact: 2 }, [service('a'), service('a', { url: 'https://other.example.com' })]],
    ['ANY', [service('a', { majorApiVersion: 7 })]],
    ['ALL', [service('a', { validFor: { end: new Date(now - 1) } })]],
  ])('too few for %j is a mistake of the config', (selector, all) => {
    expect(() => choose(all, selector)).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_SIGNING_CONFIG' }),
    );
  });
});

describe('parseSigningConfig', () => {
  test('reads what the public one has', () => {
    const config = parseSigningConfig(
      JSON.stringify({
        mediaType: signingConfigMediaType,
        caUrls: [
          {
            url: 'https://fulcio.sigstore.dev',
            majorApiVersion: 1,
            validFor: { start: '2022-04-13T20:06:15.000Z' },
            operator: 'sigstore.dev',
          },
        ],
        rekorTlogUrls: [
          {
            url: 'https://rekor.sigstore.dev',
            majorApiVersion: 1,
            validFor: { start: '2021-01-12T11:53:27Z' },
          },
        ],
        tsaUrls: [
          {
            url: 'https://timestamp.sigstore.dev/api/v1/timestamp',
            majorApiVersion: 1,
            validFor: { start: '2025-07-04T00:00:00Z', end: '2035-01-01T00:00:00.5+02:00' },
          },
        ],
        rekorTlogConfig: { selector: 'ANY' },
        tsaConfig: { selector: 'EXACT', count: 2 },
        somethingNew: true,
      }),
    );
    expect(config.logSelector).toBe('ANY');
    expect(config.timestampSelector).toEqual({ exact: 2 });
    expect(config.certificateAuthorities[0]!.validFor.start).toEqual(new Date('2022-04-13T20:06:15Z'));
    expect(config.timestampAuthorities[0]!.validFor.end).toEqual(new Date('2034-12-31T22:00:00.5Z'));
    expect(config.identityProviders).toEqual([]);
  });

  test('one without services is one that asks nobody', () => {
    const config = parseSigningConfig(`{"mediaType":"${signingConfigMediaType}"}`);
    expect(config).toMatchObject({ logs: [], timestampAuthorities: [], certificateAuthorities: [] });
  });

  const mediaType = signingConfigMediaType;
  const broken: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', undefined, /not JSON/],
    ['a list', [], /expected object/],
    ['another type', { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' }, /mediaType/],
    ['a URL that is none', { mediaType, caUrls: [{ url: 'fulcio' }] }, /caUrls\[0\]\.url/],
    ['a URL of another kind', { mediaType, caUrls: [{ url: 'file:///etc/passwd' }] }, /caUrls\[0\]\.url/],
    ['no selector', { mediaType, tsaUrls: [{ url: 'https://a.example' }] }, /tsaConfig/],
    [
      'an unknown selector',
      { mediaType, rekorTlogUrls: [{ url: 'https://a.example' }], rekorTlogConfig: { selector: 'SOME' } },
      /rekorTlogConfig/,
    ],
    [
      'no count',
      { mediaType, rekorTlogUrls: [{ url: 'https://a.example' }], rekorTlogConfig: { selector: 'EXACT' } },
      /count/,
    ],
    [
      'a date that is none',
      { mediaType, caUrls: [{ url: 'https://a.example', validFor: { start: 'soon' } }] },
      /start/,
    ],
    [
      'an end before the start',
      {
        mediaType,
        caUrls: [
          {
            url: 'https://a.example',
            validFor: { start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' },
          },
        ],
      },
      /ends before it starts/,
    ],
    ['too many', { mediaType, caUrls: Array(65).fill({ url: 'https://a.example' }) }, /caUrls/],
  ];
  test.each(broken)('%s is refused', (_, value, words) => {
    const json = value === undefined ? 'mediaType: yaml' : JSON.stringify(value);
    expect(() => parseSigningConfig(json, 'sc.json')).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_SIGNING_CONFIG',
        message: expect.stringMatching(words),
        hint: expect.stringContaining('signing-config create'),
      }),
    );
  });
});

describe('createSigningConfig', () => {
  test('makes what can be read again', () => {
    const content = {
      certificateAuthorities: [service('fulcio')],
      identityProviders: [service('oidc')],
      logs: [service('rekor', { majorApiVersion: 2 })],
      logSelector: { exact: 1 },
      timestampAuthorities: [service('tsa', { validFor: { start: new Date(0), end: new Date(now) } })],
      timestampSelector: 'ALL',
    } as const;
    expect(parseSigningConfig(createSigningConfig(content))).toEqual(content);
  });

  test('without services it holds the type alone', () => {
    expect(createSigningConfig({})).toBe(`{"mediaType":"${signingConfigMediaType}"}`);
  });

  test('does not make what cannot be read again', () => {
    expect(() => createSigningConfig({ logs: [service('a', { url: 'nowhere' })] })).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_SIGNING_CONFIG' }),
    );
  });
});
