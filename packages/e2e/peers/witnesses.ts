import { createHash, X509Certificate } from 'node:crypto';
import { type CreateSignerOptions, parseSigningConfig, parseTrustedRoot } from '@lading/sign';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { startRekorTiles } from './rekor-tiles.ts';
import { startTimestampServer } from './timestamp-server.ts';

/** What speaks for a signature: no one, Rekor v1, Rekor v2, a timestamp authority, the last two together. */
export type WitnessName = 'none' | 'rekor-v1' | 'rekor-v2' | 'tsa' | 'rekor-v2-tsa';

/** A Sigstore of test doubles in which Rekor v2 and the timestamp authority are the real programs. */
export interface Services extends AsyncDisposable {
  readonly sigstore: RunningSigstore;
  /** A TrustedRoot over all of them, as JSON. */
  readonly trustedRoot: object;
  readonly timestampUrl: string;
  /** PEM, the ones that issue first, the root last. */
  readonly certificates: { readonly fulcio: readonly string[]; readonly timestamps: readonly string[] };
  /** A SigningConfig, as JSON. */
  signingConfig(witness: WitnessName): object;
  /** The same for lading. */
  transparency(witness: WitnessName): CreateSignerOptions['transparency'];
}

export async function startServices(): Promise<Services> {
  const [sigstore, tiles, timestamps] = await Promise.all([
    startSigstore(),
    startRekorTiles(),
    startTimestampServer(),
  ]);
  const validFor = { start: new Date(Date.now() - 86_400_000).toISOString() };
  const timestampUrl = `${timestamps.url}/api/v1/timestamp`;
  const root = sigstore.trustedRoot as Record<string, object[]>;
  const trustedRoot = {
    ...root,
    tlogs: [...root.tlogs!, tilesEntry(tiles, validFor)],
    timestampAuthorities: [
      ...root.timestampAuthorities!,
      authorityEntry(timestamps.chain, timestampUrl, validFor),
    ],
  };
  const service = (url: string, majorApiVersion: number): object => ({
    url,
    majorApiVersion,
    validFor,
    operator: 'test',
  });
  const signingConfig = (witness: WitnessName): object => ({
    ...sigstore.signingConfig({ log: witness === 'rekor-v1' ? 'v1' : 'none', timestamp: false }),
    ...(witness.startsWith('rekor-v2') && {
      rekorTlogUrls: [service(tiles.url, 2)],
      rekorTlogConfig: { selector: 'ANY' },
    }),
    ...(witness.endsWith('tsa') && { tsaUrls: [service(timestampUrl, 1)], tsaConfig: { selector: 'ANY' } }),
  });
  return {
    sigstore,
    trustedRoot,
    timestampUrl,
    certificates: { fulcio: fulcioChain(root), timestamps: timestamps.chain },
    signingConfig,
    transparency: (witness) => parseSigningConfig(JSON.stringify(signingConfig(witness))),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([sigstore, tiles, timestamps].map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

export function trustedRootOf(services: Services): ReturnType<typeof parseTrustedRoot> {
  return parseTrustedRoot(JSON.stringify(services.trustedRoot));
}

function tilesEntry(
  { publicKey, hostname }: { readonly publicKey: import('node:crypto').KeyObject; readonly hostname: string },
  validFor: object,
): object {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  // The ID of a log of this kind is over the name that it signs as, the kind of key, and the key itself (C2SP signed-note).
  const keyId = createHash('sha256')
    .update(`${hostname}\n`)
    .update(Buffer.of(1))
    .update(spki.subarray(-32))
    .digest();
  return {
    baseUrl: `http://${hostname}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: spki.toString('base64'), keyDetails: 'PKIX_ED25519', validFor },
    logId: { keyId: keyId.toString('base64') },
  };
}

function authorityEntry(chain: readonly string[], uri: string, validFor: object): object {
  const certificates = chain.map((pem) => ({ rawBytes: new X509Certificate(pem).raw.toString('base64') }));
  return { subject: { organization: 'test', commonName: 'tsa' }, uri, certChain: { certificates }, validFor };
}

function fulcioChain({ certificateAuthorities }: Record<string, object[]>): readonly string[] {
  const [authority] = certificateAuthorities as { certChain: { certificates: { rawBytes: string }[] } }[];
  return authority!.certChain.certificates.map(({ rawBytes }) =>
    new X509Certificate(Buffer.from(rawBytes, 'base64')).toString(),
  );
}
