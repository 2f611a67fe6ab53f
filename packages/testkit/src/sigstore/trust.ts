import type { Authorities, ServiceUrls } from './authorities.ts';
import { spkiOf } from './pki/key.ts';

/** A document of sigstore/protobuf-specs, as JSON. */
export type JsonDocument = Readonly<Record<string, unknown>>;

/** When the services may be trusted, as the documents say it. */
export interface ValidFor {
  readonly start: Date;
}

/** `application/vnd.dev.sigstore.trustedroot+json;version=0.1`: what a verifier has to know. */
export function trustedRootOf(parts: Authorities, urls: ServiceUrls, validFor: ValidFor): JsonDocument {
  const valid = { start: validFor.start.toISOString() };
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const certChain = (chain: readonly Uint8Array[]): object => ({
    certificates: chain.map((certificate) => ({ rawBytes: base64(certificate) })),
  });
  const log = (baseUrl: string, { keys, id }: Authorities['ctLog'], keyDetails: string): object => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(spkiOf(keys.publicKey)), keyDetails, validFor: valid },
    logId: { keyId: base64(id) },
  });
  const p256 = 'PKIX_ECDSA_P256_SHA_256';
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(urls.rekor, parts.rekor, p256), log(urls.rekorV2, parts.rekorV2, 'PKIX_ED25519')],
    certificateAuthorities: [
      {
        subject: { organization: 'sigstore.test', commonName: 'fulcio' },
        uri: urls.fulcio,
        certChain: certChain(parts.authority.chain),
        validFor: valid,
      },
    ],
    ctlogs: [log(`${urls.fulcio}/ct`, parts.ctLog, p256)],
    timestampAuthorities: [
      {
        subject: { organization: 'sigstore.test', commonName: 'tsa' },
        uri: `${urls.tsa}/api/v1/timestamp`,
        certChain: certChain(parts.tsa.chain),
        validFor: valid,
      },
    ],
  };
}

export interface SigningConfigOptions {
  /** Which transparency log to use. Default `v1`. */
  readonly log?: 'v1' | 'v2' | 'none' | undefined;
  /** Whether to ask for timestamps. Default true. */
  readonly timestamp?: boolean | undefined;
  /** Whether to name Fulcio and the token issuer, for signing without a key. Default true. */
  readonly fulcio?: boolean | undefined;
}

/** `application/vnd.dev.sigstore.signingconfig.v0.2+json`: which services a signer is to use. */
export function signingConfigOf(
  urls: ServiceUrls,
  validFor: ValidFor,
  options: SigningConfigOptions,
): JsonDocument {
  const { log = 'v1', timestamp = true, fulcio = true } = options;
  const service = (url: string, majorApiVersion = 1): object => ({
    url,
    majorApiVersion,
    validFor: { start: validFor.start.toISOString() },
    operator: 'sigstore.test',
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    ...(fulcio && { caUrls: [service(urls.fulcio)], oidcUrls: [service(urls.issuer)] }),
    ...(log !== 'none' && {
      rekorTlogUrls: [log === 'v1' ? service(urls.rekor) : service(urls.rekorV2, 2)],
      rekorTlogConfig: { selector: 'ANY' },
    }),
    ...(timestamp && {
      tsaUrls: [service(`${urls.tsa}/api/v1/timestamp`)],
      tsaConfig: { selector: 'ANY' },
    }),
  };
}
