import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  apiHost,
  formatReference,
  isLadingError,
  isLoopbackHost,
  isRepository,
  isTag,
  parseReference,
} from '../src/index.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}` as const;

describe('parseReference', () => {
  test.each([
    ['alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['alpine:3.17', { host: 'docker.io', repository: 'library/alpine', tag: '3.17' }],
    ['docker.io/alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['index.docker.io/alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['registry-1.docker.io/library/alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['registry.hub.docker.com/alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['grafana/grafana', { host: 'docker.io', repository: 'grafana/grafana' }],
    ['localhost', { host: 'docker.io', repository: 'library/localhost' }],
  ])("case 1: %s is one of Docker Hub's", (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
    expect(apiHost(expected.host)).toBe('registry-1.docker.io');
  });

  test.each([
    ['localhost/x', { host: 'localhost', repository: 'x' }],
    ['host:5000/x', { host: 'host:5000', repository: 'x' }],
    ['[::1]:5000/x', { host: '[::1]:5000', repository: 'x' }],
    ['[2001:db8::1]/x/y:v1', { host: '[2001:db8::1]', repository: 'x/y', tag: 'v1' }],
    ['HOST/x', { host: 'HOST', repository: 'x' }],
    ['Registry.Example.com/x', { host: 'registry.example.com', repository: 'x' }],
    ['example.com./x', { host: 'example.com.', repository: 'x' }],
    ['ghcr.io/a/b/c:v1', { host: 'ghcr.io', repository: 'a/b/c', tag: 'v1' }],
    ['127.0.0.1:5000/a__b.c-d---e/f', { host: '127.0.0.1:5000', repository: 'a__b.c-d---e/f' }],
  ])('case 2: %s names a registry', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
    expect(apiHost(expected.host)).toBe(expected.host);
  });

  test.each([
    [`alpine@${digest}`, { host: 'docker.io', repository: 'library/alpine', digest }],
    [`ghcr.io/a/b:v1@${digest}`, { host: 'ghcr.io', repository: 'a/b', tag: 'v1', digest }],
  ])('case 3: %s keeps tag and digest', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  /** The text of a wrong reference with the caret under its first wrong character, as the message shows it. */
  test.each([
    ['case 2: a repository must be lower case', 'Foo/bar', 0, 'a repository must be lower case'],
    ['case 2: further on, too', 'ghcr.io/acme/Alpine:v1', 13, 'a repository must be lower case'],
    ['a separator at the end', 'ghcr.io/acme/alpine-', 20, 'single separators'],
    ['two dots', 'a..b', 2, 'single separators'],
    ['three underscores', 'ghcr.io/a___b', 11, 'single separators'],
    ['an empty part', 'ghcr.io/a//b', 10, 'single separators'],
    ['no repository', 'ghcr.io/', 8, 'the repository is missing'],
    ['no tag', 'alpine:', 7, 'the tag after ":" is missing'],
    ['a tag with a slash', 'ghcr.io/a:v1/b', 12, 'a tag is made of'],
    ['a tag that starts with a dot', 'alpine:.1', 7, 'a tag is made of'],
    ['two tags', 'ghcr.io/a:v1:v2', 12, 'a tag is made of'],
    ['a host with an underscore', 'my_host.example/x', 2, 'is not a host'],
    ['port 0', 'example.com:0/x', 0, 'is not a host'],
    ['port 70000', 'example.com:70000/x', 0, 'is not a host'],
    ['a URL', 'https://ghcr.io/a/b', 0, 'it is a name, not a URL: leave "https://" out'],
    ['an oci: URL', 'oci://ghcr.io/a/b', 0, 'leave "oci://" out'],
    ['a wrong digest', 'alpine@sha256:abc', 7, 'followed by 64 lower-case hexadecimal digits'],
    ['no digest', 'alpine@', 7, 'starts with sha256: or sha512:'],
    ['nothing', '', 0, 'it is empty'],
    ['a space at the end', 'alpine ', 0, 'white space'],
    ['credentials', 'user:secret@ghcr.io/a', 12, 'starts with sha256: or sha512:'],
  ])('points at what is wrong: %s', (_, text, position, why) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_REFERENCE',
        message: expect.stringMatching(
          new RegExp(`${escaped(why)}[^]*\n  ${escaped(text)}\n  ${' '.repeat(position)}\\^$`),
        ),
        hint: expect.stringContaining('[host[:port]/]repository'),
      }),
    );
  });

  test('case 4: a tag has 128 characters, host and repository together 255', () => {
    expect(parseReference(`alpine:${'a'.repeat(128)}`).tag).toHaveLength(128);
    expect(() => parseReference(`alpine:${'a'.repeat(129)}`)).toThrow(
      /at most 128 characters, this one has 129/,
    );
    const name = `ghcr.io/${'a'.repeat(255 - 8)}`;
    expect(formatReference(parseReference(name))).toHaveLength(255);
    expect(() => parseReference(`${name}a`)).toThrow(/together have 256 characters; registries take 255/);
  });

  test('text without end is refused at once', () => {
    for (const text of [
      `${'a'.repeat(5_000_000)}!`,
      `${'a-'.repeat(2_000_000)}`,
      `x:${'a'.repeat(5_000_000)}`,
    ]) {
      const error = thrownBy(() => parseReference(text));
      expect(error).toMatchObject({ code: 'ERR_LADING_REFERENCE' });
      expect((error as Error).message.length).toBeLessThan(1_000);
    }
  });
});

describe('references in general', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
  const repository = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const host = fc.oneof(
    fc.constantFrom('localhost', 'ghcr.io', 'docker.io', '[::1]', '127.0.0.1', 'registry.example.com'),
    fc
      .tuple(fc.constantFrom('localhost', '[fe80::1]', 'registry'), fc.integer({ min: 1, max: 65_535 }))
      .map(([name, port]) => `${name}:${port}`),
  );
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,30}$/);
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/);

  test('what is written is read again', () => {
    fc.assert(
      fc.property(host, repository, fc.option(tag), fc.option(hex), (at, path, named, pinned) => {
        const text = `${at}/${path}${named === null ? '' : `:${named}`}${pinned === null ? '' : `@sha256:${pinned}`}`;
        const reference = parseReference(text);
        expect(reference.host).toBe(at);
        expect(reference.repository).toBe(
          at === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
        );
        expect(reference.tag ?? null).toBe(named);
        expect(reference.digest ?? null).toBe(pinned === null ? null : `sha256:${pinned}`);
        expect(parseReference(formatReference(reference))).toEqual(reference);
        expect(isRepository(reference.repository)).toBe(true);
      }),
    );
  });

  test('any text is a reference that stays the same, or ERR_LADING_REFERENCE with the caret on the text', () => {
    const piece = fc.constantFrom(
      'a',
      'A',
      'library',
      '/',
      ':',
      '@',
      '.',
      '-',
      '_',
      '[::1]',
      digest,
      ' ',
      '\n',
      'é',
      '5000',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        try {
          const reference = parseReference(candidate);
          expect(parseReference(formatReference(reference))).toEqual(reference);
        } catch (error) {
          if (!isLadingError(error)) throw error;
          expect(error.code).toBe('ERR_LADING_REFERENCE');
          const caret = error.message.slice(error.message.lastIndexOf('\n') + 1);
          expect(caret).toMatch(/^ +\^$/);
          expect(caret.length - 3).toBeLessThanOrEqual(Math.min(candidate.length, 301));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(['v1', '_', 'A.b-c_1', '0'.repeat(128)])('%s is a tag', (text) => expect(isTag(text)).toBe(true));
  test.each(['', '.a', '-a', 'a/b', 'a b', 'a\n', '0'.repeat(129), null, 1])(
    'case 5: %j is no tag',
    (text) => {
      expect(isTag(text)).toBe(false);
    },
  );
});

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1', true],
  ['127.8.9.1:80', true],
  ['[::1]:5000', true],
  ['localhost.example.com', false],
  ['127.0.0.1.example.com', false],
  ['128.0.0.1', false],
  ['[::2]', false],
])('%s is a loopback host: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
