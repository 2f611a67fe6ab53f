import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addReferrer,
  cosignTags,
  type Descriptor,
  describeReferrer,
  digestOf,
  type ImageIndex,
  isTag,
  mediaTypes,
  parseManifest,
  referrersIndex,
  referrersTag,
  removeReferrer,
} from '../src/index.ts';

const config = { mediaType: 'application/vnd.example.config', digest: digestOf(Buffer.from('c')), size: 1 };

function manifest(more: object): ReturnType<typeof parseManifest> {
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], ...more };
  return parseManifest(Buffer.from(JSON.stringify(document)));
}

const referrer = fc.nat(20).map(
  (number): Descriptor => ({
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(Buffer.from(String(number))),
    size: number,
    artifactType: 'application/vnd.example.thing',
    annotations: { number: String(number) },
  }),
);
const list = fc.uniqueArray(referrer, { selector: ({ digest }) => digest });

describe('tags made of a digest', () => {
  test('case 56: are tags for every digest; those of sha512 are cut to 64 digits', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('sha256' as const, 'sha512' as const),
        (bytes, algorithm) => {
          const digest = digestOf(bytes, algorithm);
          expect(referrersTag(digest)).toBe(digest.replace(':', '-').slice(0, algorithm.length + 1 + 64));
          expect(isTag(referrersTag(digest))).toBe(true);
        },
      ),
    );
  });

  test("are cosign's three for signature, attestations and SBOM", () => {
    const base = `sha256-${'a'.repeat(64)}`;
    expect(cosignTags(`sha256:${'a'.repeat(64)}`)).toEqual([`${base}.sig`, `${base}.att`, `${base}.sbom`]);
  });
});

describe('case 61: how a referrer is listed', () => {
  test('with its artifact type and annotations', () => {
    const more = { artifactType: 'application/vnd.example.thing', annotations: { a: 'b' } };
    expect(describeReferrer(manifest(more))).toMatchObject({ mediaType: mediaTypes.ociManifest, ...more });
  });

  test("with its config's media type when it has no artifact type", () => {
    expect(describeReferrer(manifest({})).artifactType).toBe(config.mediaType);
    expect(describeReferrer(manifest({ artifactType: '' })).artifactType).toBe(config.mediaType);
  });

  test('without an artifact type when it is an index that has none', () => {
    const index = parseManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] })));
    expect(describeReferrer(index)).not.toHaveProperty('artifactType');
  });

  test('case 56: by the digest that it was stored under', () => {
    const stored = manifest({});
    expect(describeReferrer(stored, 'sha512').digest).toBe(digestOf(stored.bytes, 'sha512'));
  });
});

describe('case 61: lists of referrers', () => {
  test('get each once, at the end, and keep the order', () => {
    fc.assert(
      fc.property(list, referrer, (known, added) => {
        const next = addReferrer(known, added);
        expect(next.filter(({ digest }) => digest === added.digest)).toHaveLength(1);
        expect(next.slice(0, known.length)).toEqual(known);
        expect(addReferrer(next, added)).toBe(next);
        expect(removeReferrer(next, added.digest)).toEqual(
          known.filter(({ digest }) => digest !== added.digest),
        );
        expect(removeReferrer(known, digestOf(Buffer.from('unknown')))).toBe(known);
      }),
    );
  });

  test('are written as an index that is read again', () => {
    fc.assert(
      fc.property(list, (known) => {
        const index = parseManifest(referrersIndex(known), mediaTypes.ociIndex) as ImageIndex;
        expect(index.manifests).toEqual(known);
      }),
    );
  });
});
