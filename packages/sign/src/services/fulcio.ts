import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import * as z from 'zod';
import { certificatesOf } from '../formats/pem.ts';
import { certificateIdentity } from './certificate-identity.ts';
import type { ExpectedIdentity } from './expected-identity.ts';
import { askService, type ServiceOptions, type ServiceRequest } from './http.ts';
import { type IdentityToken, provableSubject } from './identity-token.ts';
import { httpDate } from './retry-after.ts';
import type { ServiceError } from './service-error.ts';
import { refused, senseless, serverWords } from './service-failure.ts';

/** A key that exists for minutes, and the certificate that says whose it is. */
export interface CertifiedKey {
  readonly privateKey: KeyObject;
  /** DER. */
  readonly certificate: Uint8Array;
  /** DER; the leaf is left out. */
  readonly chain: readonly Uint8Array[];
  /** Who it is for, as far as the certificate says. */
  readonly identity: Partial<ExpectedIdentity>;
  /** Milliseconds that it was still valid when it came, by Fulcio's own clock. */
  readonly lifetimeMs: number;
}

export interface FulcioOptions extends ServiceOptions {
  readonly signal?: AbortSignal | undefined;
}

const chain = z.object({ chain: z.object({ certificates: z.array(z.string()).min(1).max(16) }) });
const answerSchema = z.union([
  z.object({ signedCertificateEmbeddedSct: chain }),
  z.object({ signedCertificateDetachedSct: chain }),
]);

/**
 * Makes a key and has it certified for whom the token names (Fulcio's API v2).
 *
 * @param url The base address, as signing configs have it.
 * @throws {ServiceError} `ERR_LADING_TOKEN` when Fulcio does not take the token, else `ERR_LADING_SIGSTORE_SERVICE`
 */
export async function certifyKey(
  url: string,
  token: IdentityToken,
  options: FulcioOptions = {},
): Promise<CertifiedKey> {
  const subject = provableSubject(token);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request: ServiceRequest = {
    service: 'Fulcio',
    method: 'POST',
    url: new URL(`${url.replace(/\/+$/, '')}/api/v2/signingCert`),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      credentials: { oidcIdentityToken: token.reveal() },
      publicKeyRequest: {
        publicKey: {
          algorithm: 'ECDSA',
          content: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        },
        proofOfPossession: sign('sha256', Buffer.from(subject), privateKey).toString('base64'),
      },
    }),
    secrets: [token.reveal()],
    signal: options.signal,
  };
  const response = await askService(request, options);
  if (response.status !== 200 && response.status !== 201) throw refusal(request, response, token);
  const [certificate, ...rest] = certificatesIn(request, response.body);
  const leaf = new X509Certificate(certificate!);
  // A certificate for another key would make signatures that nobody accepts, found out only by those who verify.
  if (!sameKey(leaf.publicKey, createPublicKey(privateKey))) {
    throw senseless(request, 'the certificate is for another key');
  }
  return {
    privateKey,
    certificate: certificate!,
    chain: rest,
    identity: identityIn(request, certificate!),
    lifetimeMs: lifetimeOf(leaf, response.header('date')),
  };
}

function refusal(
  request: ServiceRequest,
  response: Parameters<typeof refused>[1],
  token: IdentityToken,
): ServiceError {
  const { status } = response;
  const words = serverWords(response, request.secrets ?? []);
  // Fulcio answers 400 to a token of an issuer that it does not know, and to one that has expired.
  if (
    status !== 401 &&
    status !== 403 &&
    !(status === 400 && /identity token|issuer|credential/i.test(words))
  ) {
    return refused(request, response);
  }
  return refused(request, response, {
    code: 'ERR_LADING_TOKEN',
    hint: `it does not take ${token}: is it new, for the audience "sigstore", and of an issuer that this Fulcio knows?`,
  });
}

function certificatesIn(request: ServiceRequest, body: Uint8Array): readonly Uint8Array[] {
  let found: readonly Uint8Array[] = [];
  try {
    const answer = answerSchema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    const signed =
      'signedCertificateEmbeddedSct' in answer
        ? answer.signedCertificateEmbeddedSct
        : answer.signedCertificateDetachedSct;
    found = certificatesOf(signed.chain.certificates.join('\n'));
  } catch {
    // Told below; the parser's words could show what the server gave back.
  }
  if (found.length === 0) throw senseless(request, 'there is no certificate in it');
  return found;
}

function identityIn(request: ServiceRequest, certificate: Uint8Array): Partial<ExpectedIdentity> {
  try {
    return certificateIdentity(certificate);
  } catch {
    throw senseless(request, 'the certificate cannot be read');
  }
}

function sameKey(one: KeyObject, other: KeyObject): boolean {
  const [a, b] = [one, other].map((key) =>
    createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  );
  return a === b;
}

/** By the server's clock where it tells it: the clock here may be wrong. */
function lifetimeOf({ validFrom, validTo }: X509Certificate, date: string | undefined): number {
  const until = Date.parse(validTo);
  return until - Math.max(Date.parse(validFrom), httpDate(date) ?? Number.NEGATIVE_INFINITY);
}
