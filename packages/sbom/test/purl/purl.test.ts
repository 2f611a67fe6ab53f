import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodePurl, type Purl, parsePurl } from '../../src/purl/purl.ts';

/** The rules of purl-spec, each with an example of our own. */
const canonical: readonly (readonly [rule: string, input: string, expected: string])[] = [
  ['the scheme and the type are written small', 'PKG:NPM/left-pad@1.3.0', 'pkg:npm/left-pad@1.3.0'],
  ['slashes after the scheme mean nothing', 'pkg://npm/left-pad@1.3.0', 'pkg:npm/left-pad@1.3.0'],
  ['a scope is encoded', 'pkg:npm/@acme/app@1.0.0', 'pkg:npm/%40acme/app@1.0.0'],
  [
    'a plus in a version is encoded',
    'pkg:deb/debian/libc6@2.36-9+deb12u4',
    'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4',
  ],
  ['a tilde is not', 'pkg:deb/debian/a@1~rc1', 'pkg:deb/debian/a@1~rc1'],
  ['a colon is not', 'pkg:deb/debian/a@1%3A2-3', 'pkg:deb/debian/a@1:2-3'],
  ['an image has a digest', 'pkg:oci/App@sha256%3Aabcd', 'pkg:oci/app@sha256:abcd'],
  ['Debian is written small', 'pkg:deb/Debian/Curl@7', 'pkg:deb/debian/curl@7'],
  ['rpm keeps the name', 'pkg:rpm/Fedora/ImageMagick@7', 'pkg:rpm/fedora/ImageMagick@7'],
  ['Python joins by hyphens and keeps dots', 'pkg:pypi/Zope_I.Face@1', 'pkg:pypi/zope-i.face@1'],
  ['Go is written small', 'pkg:golang/github.com/Acme/Lib@v1#cmd', 'pkg:golang/github.com/acme/lib@v1#cmd'],
  ['Composer is written small', 'pkg:composer/Acme/Lib@v1', 'pkg:composer/acme/lib@v1'],
  ['Maven is kept', 'pkg:maven/org.Acme/Lib@1', 'pkg:maven/org.Acme/Lib@1'],
  ['qualifiers are sorted, empty ones left out', 'pkg:gem/a@1?z=1&b=&a=x%20y', 'pkg:gem/a@1?a=x%20y&z=1'],
  ['keys of qualifiers are written small', 'pkg:gem/a@1?Platform=java', 'pkg:gem/a@1?platform=java'],
  ['a subpath has no dots and no empty parts', 'pkg:golang/a/b@1#/x/../y//./z/', 'pkg:golang/a/b@1#x/y/z'],
  ['an empty namespace part is none', 'pkg:golang/a//b@1', 'pkg:golang/a/b@1'],
  [
    'what a shell or a page would take for its own is encoded',
    "pkg:generic/a'(b)*!@1",
    'pkg:generic/a%27%28b%29%2A%21@1',
  ],
];

const wrong: readonly (readonly [rule: string, input: string])[] = [
  ['no scheme', 'npm/left-pad@1'],
  ['no type', 'pkg:left-pad@1'],
  ['a type that starts with a digit', 'pkg:3d/model'],
  ['a type with strange characters', 'pkg:n&m/a'],
  ['no name', 'pkg:npm/@1.0.0'],
  ['no name after a namespace', 'pkg:maven/org.acme/@1'],
  ['Maven without a group', 'pkg:maven/lib@1'],
  ['Debian without a distribution', 'pkg:deb/curl@1'],
  ['Python with a namespace', 'pkg:pypi/acme/lib@1'],
  ['Rust with a namespace', 'pkg:cargo/acme/lib@1'],
  ['an image with a namespace', 'pkg:oci/acme/app@sha256:abcd'],
  ['a key of a qualifier with a blank', 'pkg:npm/a@1?in%20production=true'],
  ['a key twice', 'pkg:npm/a@1?a=1&a=2'],
  ['a per cent sign alone', 'pkg:npm/a%zz@1'],
];

describe('parsePurl and encodePurl', () => {
  test.each(canonical)('%s', (_, input, expected) => {
    const purl = parsePurl(input);
    expect(purl).toBeDefined();
    expect(encodePurl(purl!)).toBe(expected);
    expect(encodePurl(parsePurl(expected)!)).toBe(expected);
  });

  test.each(wrong)('%s is no purl', (_, input) => {
    expect(parsePurl(input)).toBeUndefined();
  });

  test('a name with a slash is one name', () => {
    expect(encodePurl({ type: 'generic', name: 'a/b', version: '1' })).toBe('pkg:generic/a%2Fb@1');
    expect(parsePurl('pkg:generic/a%2Fb@1')).toMatchObject({ name: 'a/b', version: '1' });
  });

  test('what is written is read again, and any text is read or refused', () => {
    const part = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .map((text) => text.replace(/^\/+|\/+$/g, ''));
    fc.assert(
      fc.property(part, part, part, part, (namespace, name, version, value) => {
        const purl: Purl = {
          type: 'generic',
          namespace,
          name,
          version,
          qualifiers: new Map([['key', value]]),
        };
        const text = encodePurl(purl);
        if (text === undefined) return expect(name).toBe('');
        expect(text).toMatch(/^[ -~]+$/);
        const read = parsePurl(text)!;
        expect(read).toMatchObject({ name, ...(version !== '' && { version }) });
        expect(encodePurl(read)).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = parsePurl(`pkg:${text}`);
        if (read !== undefined) expect(parsePurl(encodePurl(read)!)).toEqual(read);
      }),
    );
  });
});
