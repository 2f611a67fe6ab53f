import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createSigner,
  generatePrivateKey,
  type KeyAlgorithm,
  parseSigningConfig,
  parseTrustedRoot,
  type SignedContent,
} from '@lading/sign';
import { createSigstore } from '@lading/testkit/sigstore';
import { type Cosign, cosign } from '../../peers/cosign.ts';
import { type RekorTiles, startRekorTiles } from '../../peers/rekor-tiles.ts';
import { output } from '../../peers/run.ts';
import { startTimestampServer } from '../../peers/timestamp-server.ts';

const program = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

const message: SignedContent = { kind: 'message', bytes: Buffer.from('what is signed') };
const envelope: SignedContent = {
  kind: 'envelope',
  payloadType: 'application/vnd.in-toto+json',
  payload: Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}'),
};

function configOf(services: Readonly<Record<string, unknown>>): ReturnType<typeof parseSigningConfig> {
  const mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
  return parseSigningConfig(JSON.stringify({ mediaType, ...services }));
}

describe('Rekor v2, the real one', () => {
  let tiles: RekorTiles;
  beforeAll(async () => {
    tiles = await startRekorTiles();
  });
  afterAll(async () => {
    await tiles[Symbol.asyncDispose]();
  });
  const transparency = () =>
    configOf({
      rekorTlogUrls: [{ url: tiles.url, majorApiVersion: 2 }],
      rekorTlogConfig: { selector: 'ANY' },
    });

  const taken: readonly KeyAlgorithm[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa'];
  test.each(
    taken.flatMap((algorithm) =>
      [message, envelope].map((content) => ({ algorithm, content, kind: content.kind })),
    ),
  )('takes a $kind by $algorithm', async ({ algorithm, content }) => {
    const key = await generatePrivateKey({ algorithm });
    const { logEntries } = await createSigner({ key }, { transparency: transparency() }).sign(content);
    expect(logEntries).toHaveLength(1);
    expect(logEntries[0]!.inclusionProof?.checkpoint?.envelope).toContain(tiles.hostname);
  });

  test('takes no pure Ed25519, which is why lading does not ask it to', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { createHash } = await import('node:crypto');
    const bytes = Buffer.from('what is signed');
    const post = (keyDetails: string): Promise<Response> =>
      fetch(`${tiles.url}/api/v2/log/entries`, {
        method: 'POST',
        body: JSON.stringify({
          hashedRekordRequestV002: {
            digest: createHash('sha512').update(bytes).digest('base64'),
            signature: {
              content: sign(null, bytes, privateKey).toString('base64'),
              verifier: {
                publicKey: { rawBytes: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') },
                keyDetails,
              },
            },
          },
        }),
      });
    for (const name of ['PKIX_ED25519', 'PKIX_ED25519_PH']) {
      const answer = await post(name);
      await answer.body?.cancel();
      // 500 for the one, 400 for the other.
      expect(answer.ok).toBe(false);
    }
    const key = await generatePrivateKey({ algorithm: 'ed25519' });
    await expect(createSigner({ key }, { transparency: transparency() }).sign(message)).rejects.toMatchObject(
      {
        code: 'ERR_LADING_KEY',
      },
    );
  });
});

describe('the timestamp authority, the real one', () => {
  test.each(['bundle', 'legacy'] as const)('stamps what the %s format wants', async (format) => {
    await using server = await startTimestampServer();
    const url = `${server.url}/api/v1/timestamp`;
    const transparency = configOf({ tsaUrls: [{ url, majorApiVersion: 1 }], tsaConfig: { selector: 'ALL' } });
    const key = await generatePrivateKey();
    for (const content of [message, envelope]) {
      const { timestamps } = await createSigner({ key }, { transparency }).sign(content, { format });
      expect(timestamps).toHaveLength(1);
    }
  });
});

describe('files for cosign', () => {
  let peer: Cosign;
  beforeAll(async () => {
    peer = await cosign();
    const { certificateAuthorities, timestampAuthorities } = createSigstore().trustedRoot as Record<
      string,
      readonly { readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] } }[]
    >;
    const chain = (of: typeof certificateAuthorities): string =>
      of![0]!.certChain.certificates
        .map(({ rawBytes }) => new X509Certificate(Buffer.from(rawBytes, 'base64')).toString())
        .join('');
    await peer.file('ca.pem', chain(certificateAuthorities));
    await peer.file('tsa.pem', chain(timestampAuthorities));
    const keys = [
      ['p256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
      ['p384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
      ['rsa', generateKeyPairSync('rsa', { modulusLength: 3072 })],
      ['ed25519', generateKeyPairSync('ed25519')],
    ] as const;
    for (const [name, { publicKey }] of keys) {
      await writeFile(join(peer.folder, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
    }
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
  });

  async function lading(...argv: readonly string[]): Promise<string> {
    const node = ['--conditions=@lading/source', '--no-warnings', program];
    return (
      await output(process.execPath, [...node, ...argv], { cwd: peer.folder, env: { HOME: peer.folder } })
    ).toString();
  }

  test('the same command lines make the same trusted root', async () => {
    const start = 'start-time=2026-01-02T03:04:05Z';
    const argv = [
      ...['trusted-root', 'create'],
      ...['--fulcio', 'url=https://fulcio.example.com,certificate-chain=ca.pem'],
      ...[
        '--fulcio',
        `url=https://other.example.com,certificate-chain=ca.pem,${start},end-time=2027-01-01T00:00:00Z`,
      ],
      ...['--tsa', 'url=https://tsa.example.com,certificate-chain=tsa.pem'],
      ...['--ctfe', `url=https://ctfe.example.com,public-key=p384.pub,${start}`],
      ...['--rekor', `url=https://rekor.example.com,public-key=p256.pub,${start}`],
      ...[
        '--rekor',
        `url=https://rekor2.example.com,public-key=ed25519.pub,${start},origin=rekor2.example.com`,
      ],
      ...['--rekor', `url=https://rekor3.example.com,public-key=rsa.pub,${start},origin=rekor3.example.com`],
    ];
    const root = (json: string): object => {
      const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = parseTrustedRoot(json);
      // cosign keeps no order.
      const logs = tlogs.toSorted((a, b) => a.baseUrl.localeCompare(b.baseUrl));
      const authorities = certificateAuthorities.toSorted((a, b) => a.uri.localeCompare(b.uri));
      return { logs, ctlogs, authorities, timestampAuthorities };
    };
    expect(root(await lading(...argv))).toEqual(root(await peer.output(...argv)));
  });

  test('the same command lines make the same signing config', async () => {
    const more = 'operator=acme,start-time=2026-01-02T03:04:05Z';
    const argv = [
      ...['signing-config', 'create'],
      ...['--fulcio', `url=https://fulcio.example.com,api-version=1,${more}`],
      ...['--oidc-provider', `url=https://oidc.example.com,api-version=1,${more}`],
      ...['--rekor', `url=https://rekor.example.com,api-version=2,${more},end-time=2027-01-01T00:00:00Z`],
      ...['--rekor-config', 'EXACT:1'],
      ...[
        '--tsa',
        `url=https://tsa.example.com/api/v1/timestamp,api-version=1,${more}`,
        '--tsa-config',
        'ALL',
      ],
    ];
    expect(parseSigningConfig(await lading(...argv))).toEqual(parseSigningConfig(await peer.output(...argv)));
  });

  test('cosign signs by a signing config without operators and times, as lading lets them be left out', async () => {
    await using tiles = await startRekorTiles();
    const config = await lading('signing-config', 'create', '--rekor', `url=${tiles.url},api-version=2`);
    const { key } = await peer.keys();
    const signingConfig = await peer.file('signing-config.json', config);
    const blob = await peer.file('blob', 'what is signed');
    await peer.file('tiles.pub', tiles.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const root = await lading(
      ...['trusted-root', 'create'],
      ...['--rekor', `url=http://${tiles.hostname},public-key=tiles.pub,origin=${tiles.hostname}`],
    );
    const trustedRoot = await peer.file('trusted-root.json', root);
    const bundle = join(peer.folder, 'bundle.json');
    await peer.output(
      ...['sign-blob', '--key', key, '--signing-config', signingConfig, '--trusted-root', trustedRoot],
      ...['--bundle', bundle, blob],
    );
    const verified = await peer.run(
      ...['verify-blob', '--key', join(peer.folder, 'cosign.pub'), '--trusted-root', trustedRoot],
      ...['--bundle', bundle, blob],
    );
    expect(verified.stderr).toContain('Verified OK');
  });
});
