import { describe, expect, test } from '@jest/globals';
import { createSigstore } from '../../src/sigstore/index.ts';
import { bundleOf, proposals, proposalV2, signEnvelope, verified } from './bundles.ts';

const withoutLog = { tlogThreshold: 0, timestampThreshold: 1 };

describe('what it makes, judged by @sigstore/verify', () => {
  const sigstore = createSigstore();

  test.each(Object.keys(proposals) as (keyof typeof proposals)[])('an entry of Rekor v1: %s', (kind) => {
    for (let size = 0; size < 4; size += 1) {
      const signed = signEnvelope(sigstore.certificate());
      const { transparencyLogEntry } = sigstore.rekor.add(proposals[kind](signed));
      expect(verified(sigstore, bundleOf(signed, { logEntries: [transparencyLogEntry] }))).toBe(
        'someone@example.com',
      );
    }
  });

  test('an entry of Rekor v2 with a timestamp', () => {
    for (let size = 0; size < 9; size += 1) {
      const signed = signEnvelope(sigstore.certificate());
      const logEntries = [sigstore.rekorV2.add(proposalV2(signed))];
      const timestamps = [sigstore.timestamp(signed.signature)];
      expect(verified(sigstore, bundleOf(signed, { logEntries, timestamps }))).toBe('someone@example.com');
    }
  });

  test.each(['sha256', 'sha384', 'sha512'] as const)('a timestamp alone, by %s', (hash) => {
    const signed = signEnvelope(sigstore.certificate());
    const bundle = bundleOf(signed, { timestamps: [sigstore.timestamp(signed.signature, { hash })] });
    expect(verified(sigstore, bundle, withoutLog)).toBe('someone@example.com');
  });
});
