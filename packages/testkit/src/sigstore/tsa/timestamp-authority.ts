import { createHash } from 'node:crypto';
import { RefusedRequest, type Service } from '../http/service.ts';
import { type AuthorityOptions, makeIntermediate, makeRoot } from '../pki/authority.ts';
import { distinguishedName, makeCertificate, randomSerial, type Validity } from '../pki/certificate.ts';
import {
  authorityKeyIdentifier,
  type ExtendedKeyUsage,
  extendedKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from '../pki/extensions.ts';
import { certificatePem, generateKeys } from '../pki/key.ts';
import type { HashName } from '../pki/prehashed.ts';
import { type TimestampRequest, timestampRequest } from './request.ts';
import { type TimestampSigner, timestampResponse } from './timestamp.ts';

export interface TimestampOptions {
  /** Default now. */
  readonly time?: Date | undefined;
  /** The hash of what is stamped. Default `sha256`. */
  readonly hash?: HashName | undefined;
  /** Big-endian. */
  readonly nonce?: Uint8Array | undefined;
  /** DER of the certificates to send along. Default none, as cosign asks for none. */
  readonly certificates?: readonly Uint8Array[] | undefined;
}

/** The certificate that timestamps are signed with, where it is not as it should be. */
export interface TimestampCertificateOptions extends Partial<Validity> {
  /** Default `['timeStamping']`. */
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[] | undefined;
}

export interface TimestampAuthorityOptions {
  /** Of the certificates above it, and its own by default. */
  readonly validity: Validity;
  readonly clock: () => Date;
  readonly certificate?: TimestampCertificateOptions | undefined;
}

/** Where no policy was asked for, as Sigstore's own authority says it. */
const defaultPolicy = '1.3.6.1.4.1.57264.2';

/** A timestamp authority (RFC 3161) with the API of sigstore/timestamp-authority. */
export class TimestampAuthority {
  /** DER: the signing certificate, the intermediate one, the root. */
  readonly chain: readonly Buffer[];
  readonly #signer: TimestampSigner;
  readonly #clock: () => Date;

  constructor({ validity, clock, certificate: wanted = {} }: TimestampAuthorityOptions) {
    const names = (commonName: string): AuthorityOptions => ({
      ...validity,
      organization: 'sigstore.test',
      commonName,
    });
    const intermediate = makeIntermediate(
      makeRoot(names('tsa-root')),
      names('tsa-intermediate'),
      'timeStamping',
    );
    const keys = generateKeys('P-256');
    const serial = randomSerial();
    const certificate = makeCertificate(
      {
        ...validity,
        ...wanted,
        serial,
        issuer: intermediate.name,
        subject: distinguishedName('sigstore.test', 'tsa'),
        publicKey: keys.publicKey,
        extensions: [
          keyUsage('digitalSignature'),
          // Has to be critical (RFC 3161 2.3).
          extendedKeyUsage(wanted.extendedKeyUsage ?? ['timeStamping'], true),
          subjectKeyIdentifier(keys.publicKey),
          authorityKeyIdentifier(intermediate.keys.publicKey),
        ],
      },
      intermediate.keys.privateKey,
    );
    this.chain = [certificate, ...intermediate.chain];
    this.#signer = { privateKey: keys.privateKey, certificate, serial, issuer: intermediate.name };
    this.#clock = clock;
  }

  /** A timestamp on some bytes: a TimeStampResp in DER. */
  timestamp(bytes: Uint8Array, options: TimestampOptions = {}): Buffer {
    const { hash = 'sha256', nonce } = options;
    const digest = createHash(hash).update(bytes).digest();
    return this.#respond({ hash, digest, nonce, certificates: false }, options);
  }

  readonly service: Service = (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'POST /api/v1/timestamp': {
        const headers = { 'content-type': 'application/timestamp-reply' };
        return { status: 201, headers, body: this.#respond(timestampRequest(request), {}) };
      }
      case 'GET /api/v1/timestamp/certchain': {
        const headers = { 'content-type': 'application/pem-certificate-chain' };
        return { status: 200, headers, body: this.chain.map(certificatePem).join('') };
      }
      default:
        throw new RefusedRequest(404, `path ${request.path} was not found`);
    }
  };

  #respond(request: TimestampRequest, { time = this.#clock(), certificates }: TimestampOptions): Buffer {
    const details = {
      time,
      serial: randomSerial(),
      policy: request.policy ?? defaultPolicy,
      certificates: certificates ?? (request.certificates ? this.chain : []),
    };
    return timestampResponse(request, details, this.#signer);
  }
}
