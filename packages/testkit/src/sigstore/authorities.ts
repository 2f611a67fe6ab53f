import { type CtLog, makeCtLog } from './ct/ct-log.ts';
import {
  type CertificateOptions,
  makeTestCertificate,
  type TestCertificate,
} from './fulcio/certificate-authority.ts';
import type { Claims } from './fulcio/claims.ts';
import { fulcioService } from './fulcio/fulcio.ts';
import type { Service } from './http/service.ts';
import { TokenIssuer } from './oidc/token-issuer.ts';
import { type Authority, type AuthorityOptions, makeIntermediate, makeRoot } from './pki/authority.ts';
import type { Validity } from './pki/certificate.ts';
import { Rekor } from './rekor/rekor.ts';
import { RekorV2 } from './rekor/rekor-v2.ts';
import { type JsonDocument, type SigningConfigOptions, trustedRootOf } from './trust.ts';
import {
  TimestampAuthority,
  type TimestampCertificateOptions,
  type TimestampOptions,
} from './tsa/timestamp-authority.ts';
import type { TufRole } from './tuf/repository.ts';

/** Where the services are, as the trusted root and signing configurations say it. */
export interface ServiceUrls {
  readonly fulcio: string;
  readonly rekor: string;
  readonly rekorV2: string;
  readonly tsa: string;
  readonly issuer: string;
}

export interface SigstoreOptions {
  /** Default the machine's. Certificates, tokens, entries and timestamps go by it. */
  readonly clock?: (() => Date) | undefined;
  /** When Fulcio's intermediate certificate is valid. Default as long as everything else: from a day ago, for ten years. */
  readonly intermediate?: Validity | undefined;
  /** The timestamp authority's own certificate: when it is valid (default the same), what it is for. */
  readonly timestampCertificate?: TimestampCertificateOptions | undefined;
  /** What Fulcio gets wrong in the certificates that it issues over HTTP. */
  readonly certificates?: CertificateOptions | undefined;
  /** Rekor v1 answers 413 to a larger entry. Default 32 MiB. */
  readonly maxEntryBytes?: number | undefined;
  /** How the trusted root and the signing configuration are given out. */
  readonly tuf?: TufOptions | undefined;
}

export interface TufOptions {
  /** When metadata expires, by role. Default in ten years. */
  readonly expires?: Partial<Readonly<Record<TufRole, Date>>> | undefined;
  /** What `signing_config.v0.2.json` names. Default as `signingConfig()`. */
  readonly signingConfig?: SigningConfigOptions | undefined;
  /** Further targets, or others in the place of the usual ones: contents by name. */
  readonly targets?: Readonly<Record<string, string>> | undefined;
}

/** The parts of a Sigstore, without HTTP: what is signed by them verifies against `trustedRoot`. */
export interface Sigstore {
  readonly rekor: Rekor;
  readonly rekorV2: RekorV2;
  readonly tsa: TimestampAuthority;
  /** A TrustedRoot, as JSON. */
  readonly trustedRoot: JsonDocument;
  /** What the issuer calls itself. */
  readonly issuerUrl: string;
  /** A certificate as Fulcio issues it, or one that is wrong in some way, with a key of its own. */
  certificate(options?: CertificateOptions): TestCertificate;
  /** A timestamp on some bytes: a TimeStampResp in DER. */
  timestamp(bytes: Uint8Array, options?: TimestampOptions): Buffer;
  /** A signed JWT. Without claims, that of a person with a verified e-mail address. */
  identityToken(claims?: Claims): string;
}

export interface Authorities {
  readonly authority: Authority;
  readonly ctLog: CtLog;
  readonly rekor: Rekor;
  readonly rekorV2: RekorV2;
  readonly tsa: TimestampAuthority;
  readonly issuer: TokenIssuer;
  readonly fulcio: Service;
  /** From a day ago, for ten years. */
  readonly validity: Validity;
}

const dayMs = 86_400_000;
const exampleUrls: ServiceUrls = {
  fulcio: 'https://fulcio.example.com',
  rekor: 'https://rekor.example.com',
  rekorV2: 'https://rekor-v2.example.com',
  tsa: 'https://tsa.example.com',
  issuer: 'https://issuer.example.com',
};

/** The machine's time. */
function machineClock(): Date {
  return new Date(performance.timeOrigin + performance.now());
}

/** Makes the keys and certificates of a whole Sigstore. Nothing is shared between two of them, so that one is a stranger to the other. */
export function makeAuthorities(options: SigstoreOptions, urls: ServiceUrls): Authorities {
  const { clock = machineClock } = options;
  const now = clock().getTime();
  const validity = { notBefore: new Date(now - dayMs), notAfter: new Date(now + 3650 * dayMs) };
  const names = (commonName: string): AuthorityOptions => ({
    ...validity,
    organization: 'sigstore.test',
    commonName,
  });
  const root = makeRoot(names('fulcio-root'));
  const intermediateNames = { ...names('fulcio-intermediate'), ...options.intermediate };
  const authority = makeIntermediate(root, intermediateNames, 'codeSigning');
  const ctLog = makeCtLog();
  const issuer = new TokenIssuer(urls.issuer, clock);
  const certificates = options.certificates ?? {};
  return {
    authority,
    ctLog,
    issuer,
    rekor: new Rekor({ hostname: hostOf(urls.rekor), clock, maxEntryBytes: options.maxEntryBytes }),
    rekorV2: new RekorV2(hostOf(urls.rekorV2)),
    tsa: new TimestampAuthority({ validity, clock, certificate: options.timestampCertificate }),
    fulcio: fulcioService({ authority, ctLog, issuer, clock, certificates }),
    validity,
  };
}

/** Sigstore without HTTP, to make signatures, certificates, entries and timestamps, good and bad, for the tests of something that verifies. */
export function createSigstore(options: SigstoreOptions = {}): Sigstore {
  return sigstoreOf(makeAuthorities(options, exampleUrls), exampleUrls, options);
}

export function sigstoreOf(
  parts: Authorities,
  urls: ServiceUrls,
  { clock = machineClock }: SigstoreOptions,
): Sigstore {
  const { authority, ctLog, issuer, rekor, rekorV2, tsa } = parts;
  return {
    rekor,
    rekorV2,
    tsa,
    trustedRoot: trustedRootOf(parts, urls, { start: parts.validity.notBefore }),
    issuerUrl: urls.issuer,
    certificate: (given = {}) => {
      const claims = given.claims ?? { iss: urls.issuer, email: 'someone@example.com', email_verified: true };
      return makeTestCertificate({ authority, ctLog, now: clock() }, { ...given, claims });
    },
    timestamp: (bytes, given) => tsa.timestamp(bytes, given),
    identityToken: (claims) => issuer.token(claims),
  };
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}
