import fc from 'fast-check';
import { legibleInXml } from '../../src/cyclonedx/xml-text.ts';
import type { Bom, License, Package, PackageType } from '../../src/index.ts';

const types: readonly PackageType[] = [
  'alpm',
  'apk',
  'binary',
  'cargo',
  'composer',
  'conda',
  'deb',
  'gem',
  'golang',
  'maven',
  'npm',
  'nuget',
  'opkg',
  'pypi',
  'rpm',
];

/** Text of all kinds: plain, markup, control characters, halves of surrogate pairs, right-to-left marks. */
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
  fc.constantFrom(
    'a\u0000b',
    '\ud800',
    ']]>',
    '<!--',
    '&amp;',
    ' x ',
    '\r\n\t',
    '\u202e',
    '\ufffe\uffff',
    '{"a":1}',
  ),
);
/** Two ids with something illegible in them may become one text, so these have nothing of it. */
const id = text.filter((one) => one !== 'root' && legibleInXml(one) === one);
const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex): `sha256:${string}` => `sha256:${hex}`);
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const license: fc.Arbitrary<License> = fc.oneof(
  fc
    .constantFrom(
      'MIT',
      'Apache-2.0',
      'MIT OR Apache-2.0',
      'GPL-2.0-only WITH Classpath-exception-2.0',
      'LicenseRef-mine',
    )
    .map((expression) => ({ expression })),
  text.map((name) => ({ name })),
);

const hash = fc.oneof(
  fc.record({ algorithm: fc.constant('MD5' as const), value: hex(32) }),
  fc.record({ algorithm: fc.constant('SHA-1' as const), value: hex(40) }),
  fc.record({ algorithm: fc.constant('SHA-256' as const), value: hex(64) }),
  fc.record({ algorithm: fc.constant('SHA-384' as const), value: hex(96) }),
  fc.record({ algorithm: fc.constant('SHA-512' as const), value: hex(128) }),
);

const layer = fc.record({
  digest,
  diffId: digest,
  size: fc.nat(),
  createdBy: optional(text),
});

function anyPackage(layers: Bom['subject']['layers']): fc.Arbitrary<Package> {
  const place = fc.record({
    path: text,
    layer:
      layers.length === 0
        ? fc.constant(undefined)
        : optional(fc.nat(layers.length - 1).map((index) => ({ index, diffId: layers[index]!.diffId }))),
    cataloguer: word,
  });
  return fc.record({
    id,
    type: fc.constantFrom(...types),
    namespace: optional(text),
    name: text,
    version: optional(text),
    qualifiers: optional(fc.dictionary(word, text, { minKeys: 1, maxKeys: 3 })),
    subpath: optional(text),
    licenses: fc.uniqueArray(license, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
    description: optional(text),
    homepage: optional(fc.oneof(text, fc.webUrl({ withFragments: true, withQueryParameters: true }))),
    supplier: optional(
      fc.oneof(
        text,
        fc.tuple(word, fc.emailAddress()).map(([name, at]) => `${name} <${at}>`),
      ),
    ),
    source: optional(
      fc.record({
        name: text,
        version: optional(text),
        release: optional(text),
        epoch: optional(fc.nat()),
      }),
    ),
    hashes: optional(fc.array(hash, { minLength: 1, maxLength: 3 })),
    evidence: fc.array(place, { maxLength: 3 }),
    properties: optional(
      fc.dictionary(
        fc.oneof(
          word,
          word.map((key) => `acme:${key}`),
        ),
        text,
        { minKeys: 1, maxKeys: 3 },
      ),
    ),
  });
}

const os = fc.record({
  id: word,
  versionId: optional(text),
  name: optional(text),
  prettyName: optional(text),
  idLike: optional(fc.array(word, { minLength: 1, maxLength: 12 })),
  cpe: optional(text),
  homepage: optional(text),
});

const descriptor = fc.record({
  mediaType: fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'inode/directory'),
  digest,
  size: fc.nat(),
});

const platform = fc.record(
  {
    os: word,
    architecture: word,
    variant: word,
    'os.version': word,
    'os.features': fc.array(word, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['os', 'architecture'] },
);

const date = fc.date({
  min: new Date('1970-01-01'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

/** BOMs as a catalogue may give them, and worse. Packages are in any order. */
export const anyBom: fc.Arbitrary<Bom> = fc
  .array(layer, { maxLength: 12 })
  .chain((layers) =>
    fc.record({
      layers: fc.constant(layers),
      packages: fc.uniqueArray(anyPackage(layers), { maxLength: 6, selector: ({ id }) => id }),
    }),
  )
  .chain(({ layers, packages }) => {
    const ids = packages.map(({ id }) => id);
    const edge = fc.record({ from: fc.constantFrom('root', ...ids), to: fc.constantFrom(...ids, 'gone') });
    return fc.record({
      subject: fc.record({
        name: text,
        descriptor,
        platform: optional(platform),
        created: optional(date),
        layers: fc.constant(layers),
        base: optional(fc.record({ name: text, descriptor })),
      }),
      os: optional(os),
      packages: fc.constant(packages),
      dependencies: fc.array(edge, { maxLength: 8 }),
      notes: fc.array(
        fc.record({
          code: fc.constantFrom('partial' as const, 'database-removed' as const, 'skipped' as const),
          message: text,
        }),
        { maxLength: 12 },
      ),
    });
  });
