import { createHash, type KeyObject } from 'node:crypto';
import {
  certificateTime,
  explicit,
  generalizedTime,
  implicitConstructed,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
} from '../asn1/write.ts';
import { signatureAlgorithm, signWith } from '../pki/key.ts';
import { hashAlgorithm } from '../pki/prehashed.ts';
import type { TimestampRequest } from './request.ts';

/** Who signs a timestamp. */
export interface TimestampSigner {
  readonly privateKey: KeyObject;
  /** DER of the certificate, its serial number, and the DER of its issuer's name. */
  readonly certificate: Uint8Array;
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
}

export interface TimestampDetails {
  readonly time: Date;
  readonly serial: Uint8Array;
  readonly policy: string;
  /** DER, to be sent along. */
  readonly certificates: readonly Uint8Array[];
}

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

/** A granted TimeStampResp (RFC 3161 2.4.2) in DER: a CMS SignedData (RFC 5652 5) over the TSTInfo. */
export function timestampResponse(
  request: TimestampRequest,
  details: TimestampDetails,
  signer: TimestampSigner,
): Buffer {
  const info = timestampInfo(request, details);
  const sha256 = hashAlgorithm('sha256');
  const attributes = signedAttributes(info, details.time, signer);
  const signature = signWith(signer.privateKey, setOf(...attributes));
  const signerInfo = sequence(
    integer(1),
    sequence(signer.issuer, integer(signer.serial)),
    sha256,
    // Signed as a SET, sent under a tag of its own (RFC 5652 5.4).
    implicitConstructed(0, ...attributes.toSorted((a, b) => Buffer.compare(a, b))),
    signatureAlgorithm(signer.privateKey),
    octetString(signature),
  );
  const signedData = sequence(
    integer(3),
    setOf(sha256),
    sequence(oid(ids.timestampInfo), explicit(0, octetString(info))),
    ...(details.certificates.length > 0 ? [implicitConstructed(0, ...details.certificates)] : []),
    setOf(signerInfo),
  );
  const granted = sequence(integer(0));
  return sequence(granted, sequence(oid(ids.signedData), explicit(0, signedData)));
}

function timestampInfo(
  { hash, digest, nonce }: TimestampRequest,
  { time, serial, policy }: TimestampDetails,
): Buffer {
  const accuracy = sequence(integer(1)); // seconds
  return sequence(
    integer(1),
    oid(policy),
    sequence(hashAlgorithm(hash), octetString(digest)),
    integer(serial),
    generalizedTime(time),
    accuracy,
    ...(nonce === undefined ? [] : [integer(nonce)]),
  );
}

function signedAttributes(
  info: Uint8Array,
  time: Date,
  { certificate, serial, issuer }: TimestampSigner,
): readonly Buffer[] {
  const attribute = (id: string, value: Uint8Array): Buffer => sequence(oid(id), setOf(value));
  const certificateHash = createHash('sha256').update(certificate).digest();
  const issuerAndSerial = sequence(sequence(explicit(4, issuer)), integer(serial));
  // ESSCertIDv2 (RFC 5035): SHA-256 is its default, so it is not written.
  const certificateId = sequence(octetString(certificateHash), issuerAndSerial);
  return [
    attribute(ids.contentType, oid(ids.timestampInfo)),
    attribute(ids.signingTime, certificateTime(time)),
    attribute(ids.messageDigest, octetString(createHash('sha256').update(info).digest())),
    attribute(ids.signingCertificateV2, sequence(sequence(certificateId))),
  ];
}
