import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readSequence } from '../asn1/read.ts';
import type { CtLog } from '../ct/ct-log.ts';
import {
  at,
  bytesAt,
  jsonAnswer,
  jsonBody,
  RefusedRequest,
  type Service,
  type ServiceRequest,
  textAt,
} from '../http/service.ts';
import type { TokenIssuer } from '../oidc/token-issuer.ts';
import type { Authority } from '../pki/authority.ts';
import { certificatePem, hashOf, publicKeyFrom } from '../pki/key.ts';
import { type CertificateOptions, issueCertificate } from './certificate-authority.ts';
import { type Claims, challengeOf } from './claims.ts';

export interface FulcioContext {
  readonly authority: Authority;
  readonly ctLog: CtLog;
  readonly issuer: TokenIssuer;
  readonly clock: () => Date;
  /** What to get wrong in the certificates. */
  readonly certificates: CertificateOptions;
}

/** Fulcio's HTTP API (sigstore/fulcio, fulcio.proto; v1: fulcio_legacy.proto). */
export function fulcioService(context: FulcioContext): Service {
  return (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'POST /api/v2/signingCert': {
        const claims = authenticated(request, context);
        const certificates = issue(keyOf(request, claims), claims, context);
        const name =
          context.certificates.timestamp === 'none'
            ? 'signedCertificateDetachedSct'
            : 'signedCertificateEmbeddedSct';
        return jsonAnswer(200, { [name]: { chain: { certificates } } });
      }
      case 'POST /api/v1/signingCert': {
        const claims = authenticated(request, context);
        const certificates = issue(keyOfV1(request, claims), claims, context);
        const headers = { 'content-type': 'application/pem-certificate-chain' };
        return { status: 201, headers, body: certificates.join('') };
      }
      case 'GET /api/v2/trustBundle':
        return jsonAnswer(200, { chains: [{ certificates: context.authority.chain.map(certificatePem) }] });
      case 'GET /api/v2/configuration': {
        const issuer = { issuerUrl: context.issuer.url, audience: 'sigstore', challengeClaim: 'email' };
        return jsonAnswer(200, { issuers: [issuer] });
      }
      default:
        throw new RefusedRequest(404, 'Not Found');
    }
  };
}

function issue(publicKey: KeyObject, claims: Claims, context: FulcioContext): readonly string[] {
  const issuing = { ...context, now: context.clock() };
  const certificate = issueCertificate(issuing, publicKey, { claims, ...context.certificates });
  return [certificate, ...context.authority.chain].map(certificatePem);
}

function authenticated(request: ServiceRequest, { issuer }: FulcioContext): Claims {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const token = at(jsonBody(request), 'credentials', 'oidcIdentityToken') ?? bearer;
  if (typeof token === 'string') return issuer.verify(token);
  // 400, as from the real one: a bad token is told from a bad request only by the words.
  throw new RefusedRequest(400, 'There was an error processing the identity token');
}

/** The key of a request, after its holder has shown to have it. */
function keyOf(request: ServiceRequest, claims: Claims): KeyObject {
  const document = jsonBody(request);
  const key = keyOfSigningRequest(document);
  if (key !== undefined) return key;
  const given = parsedKey(() => publicKeyFrom(textAt(document, 'publicKeyRequest', 'publicKey', 'content')));
  return proven(given, textAt(document, 'publicKeyRequest', 'proofOfPossession'), claims);
}

function keyOfV1(request: ServiceRequest, claims: Claims): KeyObject {
  const document = jsonBody(request);
  const key = keyOfSigningRequest(document);
  if (key !== undefined) return key;
  const given = parsedKey(() => publicKeyFrom(bytesAt(document, 'publicKey', 'content')));
  return proven(given, textAt(document, 'signedEmailAddress'), claims);
}

function parsedKey(parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RefusedRequest) throw error;
    throw new RefusedRequest(400, 'The public key supplied in the request could not be parsed');
  }
}

function proven(key: KeyObject, proof: string, claims: Claims): KeyObject {
  const holds = verify(hashOf(key), Buffer.from(challengeOf(claims)), key, Buffer.from(proof, 'base64'));
  if (holds) return key;
  throw new RefusedRequest(400, 'The signature supplied in the request could not be verified');
}

/** PKCS #10 (RFC 2986), base64 of PEM: signed by the key that it is for. Nothing when the request has none. */
function keyOfSigningRequest(document: unknown): KeyObject | undefined {
  const given = at(document, 'certificateSigningRequest');
  if (given === undefined || given === null || given === '') return undefined;
  return parsedKey(() => {
    const pem = bytesAt(document, 'certificateSigningRequest').toString();
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const [information, , signature] = readSequence(der);
    const spki = readSequence(information?.bytes ?? der)[2];
    const key = createPublicKey({ key: spki?.bytes ?? der, type: 'spki', format: 'der' });
    const bits = signature?.content.subarray(1) ?? Buffer.alloc(0);
    if (information && verify(hashOf(key), information.bytes, key, bits)) return key;
    throw new RefusedRequest(400, 'The signature supplied in the request could not be verified');
  });
}
