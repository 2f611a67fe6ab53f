import { Buffer } from 'node:buffer';
import { X509Certificate } from '@sigstore/core';
import type { ExpectedIdentity } from './expected-identity.ts';

/** Fulcio's extensions with the issuer: since 2023 a UTF8String, before that the text as it is (fulcio, docs/oid-info.md). */
const issuerOids = { current: '1.3.6.1.4.1.57264.1.8', former: '1.3.6.1.4.1.57264.1.1' } as const;

/** Who a certificate of Fulcio is for; nothing for what it does not say. The certificate is our own: nothing is verified here. */
export function certificateIdentity(der: Uint8Array): Partial<ExpectedIdentity> {
  const certificate = X509Certificate.parse(Buffer.from(der));
  const { current, former } = issuerOids;
  const issuer =
    certificate.extension(current)?.valueObj.subs[0]?.value ?? certificate.extension(former)?.value;
  const identity = certificate.subjectAltName;
  return {
    ...(identity !== undefined && { identity }),
    ...(issuer !== undefined && { issuer: issuer.toString('utf8') }),
  };
}
