import { sign as signWith } from 'node:crypto';
import { LadingError } from '@lading/oci';
import type { Authority } from './authority.ts';
import { signedBytes } from './formats/dsse.ts';
import type { PrivateKey } from './keys/private-key.ts';
import type { SignatureMaterial, SignerClaim } from './material.ts';
import { CertificateBook } from './services/certificate-book.ts';
import { chooseServices, usableServices } from './services/choose-services.ts';
import { systemClock } from './services/clock.ts';
import { type ExpectedIdentity, expectedIdentity } from './services/expected-identity.ts';
import { type CertifiedKey, certifyKey } from './services/fulcio.ts';
import type { ServiceOptions } from './services/http.ts';
import type { TokenSource } from './services/identity-token.ts';
import { assertLoggable, type RekorVersion } from './services/log-support.ts';
import { cryptoRandom } from './services/random.ts';
import type { SigningConfig } from './services/signing-config.ts';
import { certificateVerifier, keyVerifier, type LogVerifier } from './services/verifier.ts';
import { planWitnesses, provesTime, type Testimony, type WitnessPlan, witness } from './services/witness.ts';
import type { Signer, SignOptions } from './signer.ts';

/** Who signs: the holder of a key, or whoever the tokens of an issuer name. */
export type SignerIdentity = { readonly key: PrivateKey } | { readonly keyless: KeylessIdentity };

export interface KeylessIdentity {
  /** Where tokens come from: `tokens` of `@lading/sign/node`. */
  readonly tokens: TokenSource;
  /** Who the certificate has to be for, exactly. Default: whoever the token is for. */
  readonly identity?: string | undefined;
  /** The issuer that the certificate has to name, exactly. */
  readonly issuer?: string | undefined;
}

export interface CreateSignerOptions extends ServiceOptions {
  /** The services that take part; `none` asks nobody, and is for keys alone. */
  readonly transparency: SigningConfig | 'none';
  /** Bytes of the largest envelope that a log with Rekor v1 takes. Default 4 MiB. */
  readonly envelopeLimit?: number | undefined;
}

/**
 * A signer with a key, or with certificates for an identity that last for minutes, whose signatures the services of a signing config witness.
 *
 * One certificate serves all signatures until a minute before it ends.
 *
 * @throws {LadingError} `ERR_LADING_SIGNING_CONFIG` when the services cannot do for this signer
 */
export function createSigner(who: SignerIdentity, options: CreateSignerOptions): Signer {
  return 'key' in who ? keySigner(who.key, options) : keylessSigner(who.keyless, options);
}

const noWitnesses: WitnessPlan = {
  logs: { services: [], needed: 0 },
  timestampAuthorities: { services: [], needed: 0 },
};

function planFor(options: CreateSignerOptions, format: 'bundle' | 'legacy'): WitnessPlan {
  const { transparency } = options;
  return transparency === 'none' ? noWitnesses : planWitnesses(transparency, format, options);
}

function keySigner(key: PrivateKey, options: CreateSignerOptions): Signer {
  const { publicKey } = key;
  const claim: SignerClaim = { kind: 'key', hint: publicKey.hint };
  return {
    name: key.name,
    witnesses: witnessesOf(options),
    authority: async () => ({ kind: 'key', key: publicKey }),
    async sign(content, { format = 'bundle', signal } = {}) {
      const plan = planFor(options, format);
      const verifier = keyVerifier(publicKey);
      // A log that will refuse it should not cost a signature of a key service.
      for (const { majorApiVersion } of plan.logs.services) {
        assertLoggable(publicKey, content.kind, majorApiVersion as RekorVersion);
      }
      const make = async (): Promise<Signed> => ({
        content,
        signature: await key.sign(signedBytes(content), { signal }),
        signer: claim,
      });
      return witnessed(make, verifier, (signed) =>
        witness(signed, verifier, plan, format, { ...options, signal }),
      );
    },
  };
}

function keylessSigner(keyless: KeylessIdentity, options: CreateSignerOptions): Signer {
  const { transparency } = options;
  if (transparency === 'none') {
    throw new LadingError(
      'ERR_LADING_SIGNING_CONFIG',
      'signing without a key needs services, and there are none',
      { hint: 'sign with a key, or name a signing config' },
    );
  }
  const book = new CertificateBook(() => certify(keyless, transparency, options), options.clock);
  return {
    name: 'keyless',
    witnesses: witnessesOf(options),
    authority: (asked = {}) => keylessAuthority(keyless, asked),
    async sign(content, { format = 'bundle', signal } = {}) {
      const plan = planFor(options, format);
      if (!provesTime(plan)) throw timeless(format);
      const { privateKey, certificate, chain } = await book.current(signal);
      const make = async (): Promise<Signed> => ({
        content,
        signature: signWith('sha256', signedBytes(content), privateKey),
        signer: { kind: 'certificate', certificate, chain },
      });
      const verifier = certificateVerifier(certificate);
      return witnessed(make, verifier, (signed) =>
        witness(signed, verifier, plan, format, { ...options, signal }),
      );
    },
  };
}

/** A certificate is valid for minutes: without a proof of when the signature was made nobody could verify it afterwards. */
function timeless(format: 'bundle' | 'legacy'): LadingError {
  return new LadingError(
    'ERR_LADING_SIGNING_CONFIG',
    `the signing config names no service that proves the time of signing${format === 'legacy' ? ' in the legacy format' : ''}`,
    { hint: 'it needs a timestamp authority (tsaUrls), or a log with API version 1 (rekorTlogUrls)' },
  );
}

async function certify(
  { tokens, identity, issuer }: KeylessIdentity,
  config: SigningConfig,
  options: CreateSignerOptions,
): Promise<CertifiedKey> {
  const { clock = systemClock, random = cryptoRandom } = options;
  const { services } = chooseServices(config.certificateAuthorities, {
    kind: 'certificate authorities',
    selector: 'ALL',
    versions: [1],
    now: clock.wall(),
    random,
  });
  // Of certificate authorities the newest is taken, whatever the operator.
  const [authority] = services;
  if (authority === undefined) {
    throw new LadingError('ERR_LADING_SIGNING_CONFIG', 'the signing config names no certificate authority', {
      hint: 'it needs a Fulcio in caUrls; or sign with a key',
    });
  }
  const certified = await certifyKey(authority.url, await tokens.token(), options);
  assertExpected('identity', identity, certified.identity.identity);
  assertExpected('issuer', issuer, certified.identity.issuer);
  return certified;
}

/** A signature by somebody else than was meant would be published, and verified by nobody. */
function assertExpected(
  what: 'identity' | 'issuer',
  expected: string | undefined,
  actual: string | undefined,
): void {
  if (expected === undefined || expected === actual) return;
  throw new LadingError(
    'ERR_LADING_TOKEN',
    `the certificate has the ${what} ${JSON.stringify(actual ?? '')}, not ${JSON.stringify(expected)}`,
    { hint: `name the ${what} that this token stands for, or use another token` },
  );
}

async function keylessAuthority(
  { tokens, identity, issuer }: KeylessIdentity,
  { signal }: SignOptions,
): Promise<Authority | undefined> {
  const known: Partial<ExpectedIdentity> | undefined =
    identity !== undefined && issuer !== undefined
      ? undefined
      : expectedIdentity(await tokens.token({ signal }));
  const exact = { identity: identity ?? known?.identity, issuer: issuer ?? known?.issuer };
  if (exact.identity === undefined || exact.issuer === undefined) return undefined;
  return { kind: 'identity', identity: { exact: exact.identity }, issuer: { exact: exact.issuer } };
}

type Signed = Pick<SignatureMaterial, 'content' | 'signature' | 'signer'>;

/**
 * Rekor v2 gives no copy of an entry that it has already, not even when it took it a moment ago and its answer was lost: then another
 * signature is made. RSA and Ed25519 would make the same one.
 */
async function witnessed(
  make: () => Promise<Signed>,
  { key: { algorithm } }: LogVerifier,
  testify: (signed: Signed) => Promise<Testimony>,
): Promise<SignatureMaterial> {
  const signed = await make();
  try {
    return { ...signed, ...(await testify(signed)) };
  } catch (error) {
    if (!algorithm.startsWith('ecdsa') || (error as { status?: unknown }).status !== 409) throw error;
  }
  const another = await make();
  return { ...another, ...(await testify(another)) };
}

/**
 * Bytes of the largest envelope that Rekor v1 is sent, which wants the whole of it. The public one says nothing of its limit; it was seen to
 * refuse SBOMs of 3.5 MB, which are envelopes of 4.7 MB.
 */
const defaultEnvelopeLimit = 4 * 1024 * 1024;

function witnessesOf(options: CreateSignerOptions): Signer['witnesses'] {
  const { transparency, clock = systemClock } = options;
  const { logs, timestampAuthorities } = planFor(options, 'bundle');
  const version = logs.services[0]?.majorApiVersion;
  // Also where bundles go to Rekor v2: the legacy format goes to this one.
  const hasFirst =
    transparency !== 'none' &&
    usableServices(transparency.logs, { versions: [1], now: clock.wall() }).length > 0;
  return {
    log: version === undefined ? 'none' : version === 1 ? 'promised' : 'proven',
    timestamp: timestampAuthorities.needed > 0,
    ...(hasFirst && { logLimit: options.envelopeLimit ?? defaultEnvelopeLimit }),
  };
}
