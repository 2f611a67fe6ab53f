import { describe, expect, test } from '@jest/globals';
import { type ReadableTraits, readersOf } from '../src/readers.ts';

const legacy: ReadableTraits = {
  format: 'legacy',
  isAttestation: false,
  isTagged: true,
  signer: 'key',
  log: 'none',
  isTimestamped: false,
};
const bundle: ReadableTraits = { ...legacy, format: 'bundle', isTagged: false };
const keyless = { signer: 'certificate', log: 'promised' } as const;

function readers(
  found: readonly ReadableTraits[],
  referrers = 1,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(readersOf(found, referrers).map(({ program, needs }) => [program, needs]));
}

describe('who else can read', () => {
  test('both formats, by key, without a log', () => {
    expect(readers([legacy, bundle])).toEqual({
      'cosign 2': ['--insecure-ignore-tlog'],
      'cosign 3': ['--insecure-ignore-tlog'],
      'policy-controller': ['no ctlog in its authority'],
      Kyverno: ['rekor: {ignoreTlog: true}'],
      podman: ['use-sigstore-attachments: true'],
    });
  });

  test('both formats, keyless, with a log that promises a time', () => {
    expect(
      readers([
        { ...legacy, ...keyless },
        { ...bundle, ...keyless },
      ]),
    ).toEqual({
      'cosign 2': [],
      'cosign 3': [],
      'policy-controller': [],
      Kyverno: [],
      podman: ['use-sigstore-attachments: true'],
    });
  });

  test('a bundle alone: policy-controller reads it as an attestation, and not by key', () => {
    expect(readers([{ ...bundle, ...keyless }])).toEqual({
      'cosign 3': [],
      'policy-controller': [
        'signatureFormat: bundle',
        'attestations: [{predicateType: https://sigstore.dev/cosign/sign/v1}]',
      ],
      Kyverno: ['type: SigstoreBundle'],
    });
    expect(readers([bundle])).toEqual({
      'cosign 3': ['--insecure-ignore-tlog'],
      Kyverno: ['type: SigstoreBundle', 'version 1.19 or later'],
    });
    expect(readers([bundle], 51)).toEqual({ 'cosign 3': ['--insecure-ignore-tlog'] });
  });

  test('a certificate that only a timestamp speaks for', () => {
    const stamped = { signer: 'certificate', log: 'none', isTimestamped: true } as const;
    const flags = ['--insecure-ignore-tlog', '--use-signed-timestamps'];
    expect(readers([{ ...legacy, ...stamped }])).toEqual({
      'cosign 2': flags,
      'cosign 3': flags,
      'policy-controller': ['no ctlog in its authority'],
      Kyverno: ['rekor: {ignoreTlog: true}'],
    });
  });

  test('a key of a larger curve, which cosign has to be told', () => {
    expect(readers([{ ...bundle, keyAlgorithm: 'ecdsa-p384' }])['cosign 3']).toEqual([
      '--insecure-ignore-tlog',
      '--signature-digest-algorithm sha384',
    ]);
  });

  test('the old format as a referrer is found by nobody else', () => {
    expect(readers([{ ...legacy, isTagged: false }])).toEqual({});
  });
});
