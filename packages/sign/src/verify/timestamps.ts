import { RFC3161Timestamp } from '@sigstore/core';
import type { TrustMaterial } from '@sigstore/verify';
import { parseDer } from './certificate.ts';
import { Rejected } from './rejected.ts';

/** Responses bring their certificates along, about 1 KiB each. */
const maxTimestampBytes = 65_536;

/**
 * Those timestamps that name a trusted authority as their signer; whether they are its, and of this signature, is still to be verified.
 *
 * As with log entries: others say nothing and are passed over, but of these each has to be right. The same one twice is one.
 * Certificates in a timestamp are not looked at: the authority's is the one in the trusted root (CVE-2026-39984).
 * @throws {Rejected} `bad-timestamp`
 */
export function timestampsOfTrusted(
  timestamps: readonly Uint8Array[],
  { timestampAuthorities }: TrustMaterial,
): readonly RFC3161Timestamp[] {
  const found = new Map<string, RFC3161Timestamp>();
  for (const der of timestamps) {
    const timestamp = readTimestamp(der);
    const isTrusted = timestampAuthorities.some(({ certChain: [leaf] }) => {
      return (
        leaf?.issuer.equals(timestamp.signerIssuer) && leaf.serialNumber.equals(timestamp.signerSerialNumber)
      );
    });
    if (isTrusted) found.set(timestamp.root.toDER().toString('base64'), timestamp);
  }
  return [...found.values()];
}

function readTimestamp(der: Uint8Array): RFC3161Timestamp {
  try {
    if (der.byteLength > maxTimestampBytes) throw new RangeError('the timestamp is too large');
    const timestamp = new RFC3161Timestamp(parseDer(der));
    if (timestamp.status > 1n) throw new RangeError('it was not granted'); // 0 granted, 1 granted with changes
    if (Number.isNaN(timestamp.signingTime.getTime())) throw new RangeError('no date');
    // Both are read lazily; what is not there must show here, and not while it is compared.
    if (timestamp.signerIssuer.byteLength === 0 || timestamp.signerSerialNumber.byteLength === 0) {
      throw new RangeError('no signer');
    }
    return timestamp;
  } catch (cause) {
    throw new Rejected('bad-timestamp', 'a timestamp of it cannot be read', { cause });
  }
}
