import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { certificatesPem } from '../../src/formats/pem.ts';
import { createSigner, createTrustedRoot, parseTrustedRoot, trustedRootJson } from '../../src/index.ts';
import { configOf, envelope, judgedBySigstoreJs, tokensOf } from './support/sigstore.ts';

let sigstore: RunningSigstore;
beforeAll(async () => {
  sigstore = await startSigstore();
});
afterAll(async () => {
  await sigstore.stop();
});

type Lists = Readonly<Record<string, readonly object[]>>;

const given = (): TrustedRoot => TrustedRoot.fromJSON(sigstore.trustedRoot);
const pemOf = (spki: Uint8Array = Buffer.alloc(0)): string =>
  `-----BEGIN PUBLIC KEY-----\n${Buffer.from(spki).toString('base64')}\n-----END PUBLIC KEY-----\n`;

describe('createTrustedRoot', () => {
  test('makes what signatures verify against, for every kind of service', async () => {
    const { certificateAuthorities, ctlogs, tlogs, timestampAuthorities } = given();
    const chain = ({ certChain }: TrustedRoot['certificateAuthorities'][number]): string =>
      certificatesPem(certChain!.certificates.map(({ rawBytes }) => rawBytes!));
    const log = ({ baseUrl, publicKey }: TrustedRoot['tlogs'][number], origin?: string) => ({
      url: baseUrl,
      publicKey: pemOf(publicKey!.rawBytes),
      validFor: { start: new Date(0) },
      origin,
    });
    const [v1, v2] = tlogs;
    const made = createTrustedRoot({
      fulcio: [{ url: sigstore.fulcioUrl, chain: chain(certificateAuthorities[0]!) }],
      tsa: [{ url: sigstore.tsaUrl, chain: chain(timestampAuthorities[0]!) }],
      ctfe: [log(ctlogs[0]!)],
      rekor: [log(v1!), log(v2!, new URL(v2!.baseUrl).hostname)],
    });
    // The ids of logs are made, not given.
    expect(made.tlogs.map(({ logId }) => logId?.keyId)).toEqual(tlogs.map(({ logId }) => logId?.keyId));
    expect(made.ctlogs.map(({ logId }) => logId)).toEqual(ctlogs.map(({ logId }) => logId));
    expect(made.certificateAuthorities[0]!.subject).toMatchObject({ organization: 'sigstore.test' });
    const root = parseTrustedRoot(trustedRootJson(made));
    const trustedRoot = JSON.parse(trustedRootJson(root));
    for (const version of ['v1', 'v2'] as const) {
      const material = await createSigner(
        { keyless: { tokens: tokensOf(() => sigstore.identityToken()) } },
        { transparency: configOf(sigstore, { log: version }) },
      ).sign(envelope);
      judgedBySigstoreJs({ ...sigstore, trustedRoot }, material, { logs: 1, timestamps: 1 });
    }
  });

  test('adds to another one', () => {
    const base = given();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const url = 'https://rekor.example.com';
    const made = createTrustedRoot({
      base,
      rekor: [{ url, publicKey: pem, validFor: { start: new Date(0) } }],
    });
    expect(made.tlogs).toHaveLength(base.tlogs.length + 1);
    expect(made.certificateAuthorities).toEqual(base.certificateAuthorities);
    expect(JSON.parse(trustedRootJson(made)).tlogs.at(-1)).toMatchObject({
      baseUrl: url,
      publicKey: { keyDetails: 'PKIX_ECDSA_P384_SHA_384', validFor: { start: '1970-01-01T00:00:00.000Z' } },
    });
  });

  test('an Ed25519 log is named by its origin, as signed notes have it', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const [log] = createTrustedRoot({
      rekor: [{ url: 'https://a.example', publicKey: pem, validFor: {}, origin: 'a.example' }],
    }).tlogs;
    const id = createHash('sha256').update('a.example\n\x01').update(raw).digest();
    expect(log!.logId!.keyId).toEqual(id);
  });

  test('words between the certificates of a chain, as programs print them, are no harm', () => {
    const [ca] = given().certificateAuthorities;
    const chain = certificatesPem(ca!.certChain!.certificates.map(({ rawBytes }) => rawBytes!))
      .replaceAll('-----BEGIN', 's:O = sigstore.test\ni:CN = root\n-----BEGIN')
      .replaceAll('\n', '\r\n');
    const made = createTrustedRoot({ fulcio: [{ url: 'https://a.example', chain }] });
    expect(made.certificateAuthorities[0]!.certChain).toEqual(ca!.certChain);
  });

  const unusable: readonly (readonly [string, () => unknown])[] = [
    ['a chain without certificates', () => createTrustedRoot({ fulcio: [{ url: 'u', chain: 'none' }] })],
    [
      'a key in the place of a chain',
      () =>
        createTrustedRoot({ fulcio: [{ url: 'u', chain: pemOf(given().tlogs[0]!.publicKey!.rawBytes) }] }),
    ],
    [
      'a broken certificate',
      () =>
        createTrustedRoot({
          fulcio: [{ url: 'u', chain: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
        }),
    ],
    [
      'a timestamp authority whose chain begins with an authority',
      () => {
        const [, ...rest] = given().timestampAuthorities[0]!.certChain!.certificates;
        return createTrustedRoot({
          tsa: [{ url: 'u', chain: certificatesPem(rest.map((one) => one.rawBytes)) }],
        });
      },
    ],
    ['a key that is none', () => createTrustedRoot({ rekor: [{ url: 'u', publicKey: 'x', validFor: {} }] })],
  ];
  test.each(unusable)('%s is refused', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_LADING_TRUSTED_ROOT' }));
  });
});

describe('parseTrustedRoot', () => {
  const edits: readonly (readonly [string, (root: Lists) => unknown])[] = [
    ['another type', (root) => ({ ...root, mediaType: 'application/json' })],
    [
      'a certificate that is none',
      (root) =>
        withFirst(root, 'certificateAuthorities', { certChain: { certificates: [{ rawBytes: 'AAAA' }] } }),
    ],
    ['no chain', (root) => withFirst(root, 'timestampAuthorities', { certChain: { certificates: [] } })],
    [
      'a key that is none',
      (root) => withFirst(root, 'tlogs', { publicKey: { rawBytes: 'AAAA', keyDetails: 'PKIX_ED25519' } }),
    ],
    ['bytes that are no base64', (root) => withFirst(root, 'tlogs', { logId: { keyId: '!!' } })],
    [
      'a date that is none',
      (root) => withFirst(root, 'certificateAuthorities', { validFor: { start: 'soon' } }),
    ],
    ['too many logs', (root) => ({ ...root, tlogs: Array(257).fill(root.tlogs![0]) })],
  ];
  test.each(edits)('%s is refused', (_, edit) => {
    const json = JSON.stringify(edit(sigstore.trustedRoot as Lists));
    expect(() => parseTrustedRoot(json, 'root.json')).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_TRUSTED_ROOT',
        message: expect.stringContaining('root.json'),
      }),
    );
  });

  test.each(['', 'null', '[]', '"root"'])('%j is refused', (json) => {
    expect(() => parseTrustedRoot(json)).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_TRUSTED_ROOT' }),
    );
  });

  test('reads the one of version 0.2 as well', () => {
    const root = { ...sigstore.trustedRoot, mediaType: 'application/vnd.dev.sigstore.trustedroot.v0.2+json' };
    expect(parseTrustedRoot(JSON.stringify(root)).tlogs).toHaveLength(2);
  });
});

function withFirst(root: Lists, list: string, edit: object): unknown {
  return { ...root, [list]: [{ ...root[list]![0], ...edit }] };
}
