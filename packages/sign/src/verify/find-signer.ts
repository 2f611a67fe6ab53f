import { createPublicKey } from 'node:crypto';
import { LadingError } from '@lading/oci';
import type { X509Certificate } from '@sigstore/core';
import { type PublicKey, publicKey } from '../keys/public-key.ts';
import type { SignatureMaterial } from '../material.ts';
import { type CertificateDescription, describeCertificate, parseCertificate } from './certificate.ts';
import { isSignedBy } from './is-signed-by.ts';
import { Rejected } from './rejected.ts';
import type { Rules } from './rules.ts';
import type { VerifiedSigner } from './types.ts';

/** Who signed, and what that is known by. */
export interface FoundSigner {
  readonly signer: VerifiedSigner;
  readonly key: PublicKey;
  readonly certificate?:
    | { readonly der: Uint8Array; readonly parsed: X509Certificate; readonly facts: CertificateDescription }
    | undefined;
}

/**
 * All trusted keys are tried, whatever the signature says of its signer: a hint is no proof. An authority of identities needs a certificate.
 * @throws {Rejected}
 */
export function findSigner(material: SignatureMaterial, signed: Uint8Array, rules: Rules): FoundSigner {
  const byKey = rules.keys.find(({ key }) => isSignedBy(key, signed, material.signature));
  if (byKey !== undefined) {
    const { key } = byKey;
    const authorities = rules.keys.filter((authority) => authority.key.hint === key.hint);
    return { key, signer: { kind: 'key', authority: byKey, authorities, key } };
  }
  if (material.signer.kind === 'certificate')
    return signerOfCertificate(material.signer.certificate, { material, signed, rules });
  const { hint } = material.signer;
  if (rules.keys.some(({ key }) => key.hint === hint)) {
    throw new Rejected('bad-signature', 'its signature does not fit to what it is over');
  }
  const who = rules.keys.length === 0 ? 'and no key is trusted' : 'and not with one that is trusted';
  throw new Rejected('other-signer', `it is signed with a key, ${who}`);
}

function signerOfCertificate(
  der: Uint8Array,
  {
    material,
    signed,
    rules,
  }: { readonly material: SignatureMaterial; readonly signed: Uint8Array; readonly rules: Rules },
): FoundSigner {
  if (rules.identities.length === 0) {
    throw new Rejected('other-signer', 'it is signed with a certificate, and not with a key that is trusted');
  }
  const facts = describeCertificate(der);
  if (facts === undefined) throw new Rejected('bad-certificate', 'its certificate cannot be read');
  const matches = rules.identities.flatMap(({ authority, match }) => {
    const matched = match(facts);
    return matched === undefined ? [] : [{ authority, matched }];
  });
  const [first] = matches;
  if (first === undefined) {
    const { identities, issuer } = facts;
    const name = [identities.join(', ') || 'nobody', issuer].filter(Boolean).join(' of ');
    throw new Rejected('other-signer', `its certificate is for ${name.slice(0, 500)}, who is not trusted`);
  }
  const parsed = parseCertificate(der);
  const key = keyOf(parsed);
  if (!isSignedBy(key, signed, material.signature)) {
    throw new Rejected('bad-signature', 'its signature does not fit to what it is over');
  }
  const { authority, matched } = first;
  const authorities = matches.map((one) => one.authority);
  return {
    key,
    certificate: { der, parsed, facts },
    signer: { kind: 'identity', authority, authorities, ...matched, certificate: facts },
  };
}

function keyOf(certificate: X509Certificate): PublicKey {
  try {
    return publicKey(createPublicKey({ key: certificate.publicKey, format: 'der', type: 'spki' }));
  } catch (cause) {
    const why = cause instanceof LadingError ? cause.message : 'its key cannot be read';
    throw new Rejected('bad-certificate', `its certificate cannot be used: ${why}`, { cause });
  }
}
