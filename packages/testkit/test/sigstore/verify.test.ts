import { describe, expect, test } from '@jest/globals';
import { type CertificateOptions, createSigstore, type Sigstore } from '../../src/sigstore/index.ts';
import { bundleOf, proposals, proposalV2, signEnvelope, verified } from './bundles.ts';

const withoutLog = { tlogThreshold: 0, timestampThreshold: 1 };
const someone = 'someone@example.com';
const minuteMs = 60_000;

describe('what it makes, judged by @sigstore/verify', () => {
  const sigstore = createSigstore();

  test.each(Object.keys(proposals) as (keyof typeof proposals)[])('an entry of Rekor v1: %s', (kind) => {
    for (let size = 0; size < 5; size += 1) {
      const signed = signEnvelope(sigstore.certificate());
      const { transparencyLogEntry } = sigstore.rekor.add(proposals[kind](signed));
      expect(verified(sigstore, bundleOf(signed, { logEntries: [transparencyLogEntry] }))).toBe(someone);
    }
  });

  test('an entry of Rekor v2 with a timestamp', () => {
    for (let size = 0; size < 9; size += 1) {
      const signed = signEnvelope(sigstore.certificate());
      const logEntries = [sigstore.rekorV2.add(proposalV2(signed))];
      const timestamps = [sigstore.timestamp(signed.signature)];
      expect(verified(sigstore, bundleOf(signed, { logEntries, timestamps }))).toBe(someone);
    }
  });

  test.each(['sha256', 'sha384', 'sha512'] as const)('a timestamp alone, by %s', (hash) => {
    const signed = signEnvelope(sigstore.certificate());
    const bundle = bundleOf(signed, { timestamps: [sigstore.timestamp(signed.signature, { hash })] });
    expect(verified(sigstore, bundle, withoutLog)).toBe(someone);
  });
});

/** A bundle with everything that can be in one. */
function wholeBundle(sigstore: Sigstore, options: CertificateOptions = {}): object {
  const signed = signEnvelope(sigstore.certificate(options));
  // Not alone in the log, so that there is a proof that can be wrong.
  sigstore.rekor.add(proposals.dsse(signEnvelope(sigstore.certificate())));
  const { transparencyLogEntry } = sigstore.rekor.add(proposals.dsse(signed));
  const timestamps = [sigstore.timestamp(signed.signature)];
  return bundleOf(signed, { logEntries: [transparencyLogEntry], timestamps });
}

describe('what is wrong, judged by @sigstore/verify', () => {
  const sigstore = createSigstore();
  const now = Date.now();

  test('nothing, to begin with', () => {
    expect(verified(sigstore, wholeBundle(sigstore))).toBe(someone);
  });

  test.each<{ what: string; options: CertificateOptions }>([
    { what: 'no certificate timestamp', options: { timestamp: 'none' } },
    { what: 'a forged certificate timestamp', options: { timestamp: 'forged' } },
    { what: 'a certificate timestamp of an unknown log', options: { timestamp: 'unknown log' } },
    {
      what: 'a certificate that has expired',
      options: { notBefore: new Date(now - 60 * minuteMs), notAfter: new Date(now - 50 * minuteMs) },
    },
    { what: 'a certificate that is not valid yet', options: { notBefore: new Date(now + 5 * minuteMs) } },
  ])('$what', ({ options }) => {
    expect(() => verified(sigstore, wholeBundle(sigstore, options))).toThrow();
  });

  test('a certificate whose issuer has expired', () => {
    const intermediate = { notBefore: new Date(now - 60 * minuteMs), notAfter: new Date(now - minuteMs) };
    const expired = createSigstore({ intermediate });
    expect(() => verified(expired, wholeBundle(expired))).toThrow();
  });

  test('a timestamp by a certificate that has expired', () => {
    const timestampCertificate = {
      notBefore: new Date(now - 60 * minuteMs),
      notAfter: new Date(now - minuteMs),
    };
    const expired = createSigstore({ timestampCertificate });
    expect(() => verified(expired, wholeBundle(expired))).toThrow();
  });

  test('any byte of what was signed, of the signatures and of the proofs', () => {
    const bundle = wholeBundle(sigstore);
    // `rootHash` is not among them: this verifier takes the root from the checkpoint.
    const paths: readonly (readonly (string | number)[])[] = [
      ['dsseEnvelope', 'payload'],
      ['dsseEnvelope', 'signatures', 0, 'sig'],
      ['verificationMaterial', 'certificate', 'rawBytes'],
      ['verificationMaterial', 'tlogEntries', 0, 'canonicalizedBody'],
      ['verificationMaterial', 'tlogEntries', 0, 'inclusionPromise', 'signedEntryTimestamp'],
      ['verificationMaterial', 'tlogEntries', 0, 'inclusionProof', 'hashes', 0],
      ['verificationMaterial', 'timestampVerificationData', 'rfc3161Timestamps', 0, 'signedTimestamp'],
    ];
    const accepted = paths.filter((path) => {
      const changed = structuredClone(bundle);
      const last = path.at(-1) as string;
      // biome-ignore lint/suspicious/noExplicitAny: a path into JSON
      const parent = path.slice(0, -1).reduce<any>((value, key) => value[key], changed);
      const bytes = Buffer.from(parent[last], 'base64');
      const middle = bytes.length - 10;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      parent[last] = bytes.toString('base64');
      try {
        return verified(sigstore, changed);
      } catch {
        return false;
      }
    });
    expect(accepted).toEqual([]);
  });
});

describe('certificates that are not as they should be', () => {
  const sigstore = createSigstore();

  test('two names, and characters that no name has', () => {
    const names = [{ email: 'a@example.com\nb@example.com' }, { uri: 'https://example.com/x' }];
    const { certificate } = sigstore.certificate({ names });
    expect(certificate.includes('a@example.com\nb@example.com')).toBe(true);
    expect(certificate.includes('https://example.com/x')).toBe(true);
  });

  test('other uses, none, and other facts', () => {
    const codeSigning = Buffer.from('06082b06010505070303', 'hex');
    expect(sigstore.certificate().certificate.includes(codeSigning)).toBe(true);
    expect(sigstore.certificate({ extendedKeyUsage: ['clientAuth'] }).certificate.includes(codeSigning)).toBe(
      false,
    );
    expect(sigstore.certificate({ extendedKeyUsage: [] }).certificate.includes(codeSigning)).toBe(false);
    const facts = { 1: '', 8: 'https://accounts.example.com.evil' };
    const { certificate } = sigstore.certificate({ facts });
    expect(certificate.includes('https://accounts.example.com.evil')).toBe(true);
    expect(certificate.includes(sigstore.issuerUrl)).toBe(false);
  });
});
