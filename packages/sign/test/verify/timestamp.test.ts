import { describe, expect, test } from '@jest/globals';
import { type MaterialVerdict, type SignatureMaterial, verifyMaterial } from '../../src/index.ts';
import { Bench, bare, envelope, envelopeJson, message, minutes, noon } from './support/bench.ts';
import { der, oid } from './support/odd-certificate.ts';

const bench = new Bench();
const other = new Bench();
const policy = bench.policy();

function codeOf(verdict: MaterialVerdict): string {
  return verdict.ok ? 'ok' : verdict.code;
}

const material = bare(bench.certified());

function stamped(...timestamps: readonly Uint8Array[]): string {
  return codeOf(verifyMaterial({ ...material, timestamps }, policy));
}

describe('signing case 14: a timestamp', () => {
  test.each(['sha256', 'sha384', 'sha512'] as const)('over the signature, by %s, holds', (hash) => {
    const timestamp = bench.sigstore.timestamp(material.signature, { hash, nonce: Buffer.from([1, 2]) });
    expect(verifyMaterial({ ...material, timestamps: [timestamp] }, policy)).toMatchObject({
      ok: true,
      witnessed: { timestamps: [noon] },
    });
  });

  test('over other bytes does not', () => {
    for (const bytes of [Buffer.from('other'), bare(bench.certified()).signature, Buffer.alloc(0)]) {
      expect(stamped(bench.sigstore.timestamp(bytes))).toBe('bad-timestamp');
    }
  });

  test('is over what the format says', () => {
    const made = bare(bench.certified(), envelope);
    const json = envelopeJson(made);
    const verdict = (more: Partial<SignatureMaterial>): string =>
      codeOf(verifyMaterial({ ...made, ...more }, policy));
    const overJson = [bench.sigstore.timestamp(json)];
    const overSignature = [bench.sigstore.timestamp(made.signature)];
    expect(verdict({ timestamped: json, timestamps: overJson })).toBe('ok');
    expect(verdict({ timestamped: json, timestamps: overSignature })).toBe('ok');
    const overOther = [bench.sigstore.timestamp(Buffer.from('other'))];
    expect(verdict({ timestamped: json, timestamps: overOther })).toBe('bad-timestamp');
    expect(verdict({ timestamps: overSignature })).toBe('ok');
    expect(verdict({ timestamps: overJson })).toBe('bad-timestamp');
  });

  test('of an authority that is not trusted does not count, whatever certificates came along', () => {
    const certificates = other.sigstore.tsa.chain;
    expect(stamped(other.sigstore.timestamp(material.signature, { certificates }))).toBe('log-missing');
    const both = [other.sigstore.timestamp(material.signature), bench.sigstore.timestamp(material.signature)];
    expect(stamped(...both)).toBe('ok');
    const verdict = verifyMaterial({ ...material, timestamps: both }, policy);
    expect(verdict.ok && verdict.witnessed.timestamps).toHaveLength(1);
  });

  test('with certificates other than the trusted one (CVE-2026-39984): they are not looked at', () => {
    const { signature } = material;
    const right = bench.sigstore.timestamp(signature, { certificates: bench.sigstore.tsa.chain });
    expect(stamped(right)).toBe('ok');
    const wrong = bench.sigstore.timestamp(signature, { certificates: other.sigstore.tsa.chain });
    expect(stamped(wrong)).toBe('ok');
    // Signed by another, who sends the trusted certificate along: it names itself as its signer, and is a stranger.
    expect(stamped(other.sigstore.timestamp(signature, { certificates: bench.sigstore.tsa.chain }))).toBe(
      'log-missing',
    );
  });

  test('of two trusted authorities: both have to hold', () => {
    const timestampAuthorities = [...bench.root.timestampAuthorities, ...other.root.timestampAuthorities];
    const rules = { ...policy, trustedRoot: { ...bench.root, timestampAuthorities } };
    const verdict = (...timestamps: readonly Uint8Array[]): MaterialVerdict =>
      verifyMaterial({ ...material, timestamps }, rules);
    const { signature } = material;
    const good = [
      bench.sigstore.timestamp(signature, { time: minutes(1) }),
      other.sigstore.timestamp(signature, { time: minutes(2) }),
    ] as const;
    expect(verdict(...good)).toMatchObject({ witnessed: { timestamps: [minutes(1), minutes(2)] } });
    const bad = other.sigstore.timestamp(Buffer.from('other'));
    expect(codeOf(verdict(good[0], bad))).toBe('bad-timestamp');
    expect(codeOf(verdict(bad, good[0]))).toBe('bad-timestamp');
    const late = other.sigstore.timestamp(signature, { time: minutes(11) });
    expect(codeOf(verdict(good[0], late))).toBe('bad-certificate');
  });

  test('of a time when its authority had no valid certificate', () => {
    for (const timestampCertificate of [
      { notBefore: minutes(-100), notAfter: minutes(-1) },
      { notBefore: minutes(1), notAfter: minutes(100) },
    ]) {
      const bad = new Bench({ timestampCertificate });
      const made = bare(bad.certified());
      const timestamps = [bad.sigstore.timestamp(made.signature)];
      expect(codeOf(verifyMaterial({ ...made, timestamps }, bad.policy()))).toBe('bad-timestamp');
    }
  });

  test('of a time when its authority is not trusted', () => {
    const [authority] = bench.root.timestampAuthorities;
    const timestampAuthorities = [{ ...authority!, validFor: { start: minutes(1), end: minutes(2) } }];
    const rules = { ...policy, trustedRoot: { ...bench.root, timestampAuthorities } };
    const timestamps = [bench.sigstore.timestamp(material.signature)];
    expect(codeOf(verifyMaterial({ ...material, timestamps }, rules))).toBe('bad-timestamp');
  });

  test('that is junk, too large, or was not granted is bad', () => {
    const good = bench.sigstore.timestamp(material.signature);
    const refused = Buffer.from(good);
    const status = refused.indexOf(Buffer.from([0x30, 3, 2, 1, 0]));
    refused[status + 4] = 2;
    for (const bad of [
      Buffer.alloc(0),
      Buffer.from('junk'),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      der(0x30, der(0x30, der(0x02, Buffer.from([2])))),
      Buffer.alloc(70_000, 0x30),
      refused,
    ]) {
      expect(stamped(bad)).toBe('bad-timestamp');
      expect(stamped(good, bad)).toBe('bad-timestamp');
    }
  });

  test('with an absurd object identifier is bad at once (CVE-2025-66564)', () => {
    const absurd = der(
      0x30,
      der(0x30, der(0x02, Buffer.from([0]))),
      der(0x06, Buffer.alloc(60_000, 0xff)),
      oid('1.2.3'),
    );
    const start = performance.now();
    expect(stamped(...new Array<Buffer>(32).fill(absurd))).toBe('bad-timestamp');
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('makes no log entry unnecessary where one is required', () => {
    const timestamps = [bench.sigstore.timestamp(material.signature)];
    expect(codeOf(verifyMaterial({ ...material, timestamps }, { ...policy, log: 'required' }))).toBe(
      'log-missing',
    );
  });

  test('does not make a wrong signature right', () => {
    const wrong = { ...material, content: { ...message, bytes: Buffer.from('other') } } as SignatureMaterial;
    const timestamps = [bench.sigstore.timestamp(material.signature)];
    expect(codeOf(verifyMaterial({ ...wrong, timestamps }, policy))).toBe('bad-signature');
  });
});
