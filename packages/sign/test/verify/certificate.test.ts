import { createHash, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CertificateOptions } from '@lading/testkit/sigstore';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import fc from 'fast-check';
import { signedBytes } from '../../src/formats/dsse.ts';
import {
  describeCertificate,
  type MaterialVerdict,
  type SignatureMaterial,
  type TrustPolicy,
  verifyMaterial,
} from '../../src/index.ts';
import { parseCertificate } from '../../src/verify/certificate.ts';
import { Bench, bare, base64, flip, logged, message, minutes, noon, person } from './support/bench.ts';
import {
  authority,
  codeSigning,
  der,
  dns,
  email,
  issuer,
  names,
  type OddCertificate,
  type OddCertificateOptions,
  oddCertificate,
  oid,
} from './support/odd-certificate.ts';

const bench = new Bench();
const policy = bench.policy();

function codeOf(verdict: MaterialVerdict): string {
  return verdict.ok ? 'ok' : verdict.code;
}

function keyless(options: CertificateOptions = {}): MaterialVerdict {
  return verifyMaterial(bench.keyless(message, options), policy);
}

describe('a certificate', () => {
  test.each(['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const)('with a %s key is good', (keyKind) => {
    // Ed25519 is in no hashedrekord of the real log, which wants it pre-hashed; it is in a dsse entry.
    const hand = bench.certified({ keyKind });
    const made = bare(hand, message);
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    expect(verifyMaterial({ ...made, timestamps }, policy)).toMatchObject({
      ok: true,
      signer: {
        kind: 'identity',
        authority: bench.someone,
        identity: person,
        issuer: bench.sigstore.issuerUrl,
      },
      witnessed: { log: [], timestamps: [noon] },
    });
  });

  test('says more than was asked for, and it is told', () => {
    const verdict = keyless();
    expect(verdict.ok && verdict.signer.kind === 'identity' && verdict.signer.certificate).toMatchObject({
      identities: [person],
      issuer: bench.sigstore.issuerUrl,
      notBefore: noon,
      notAfter: minutes(10),
    });
  });

  test('over another content does not hold', () => {
    const material = {
      ...bench.keyless(),
      content: { kind: 'message' as const, bytes: Buffer.from('other') },
    };
    expect(codeOf(verifyMaterial(material, policy))).toBe('bad-signature');
  });
});

describe('signing case 11: the time', () => {
  test.each<[string, CertificateOptions, string]>([
    ['within', { notBefore: minutes(-5), notAfter: minutes(5) }, 'ok'],
    ['at the first second', { notBefore: noon, notAfter: minutes(5) }, 'ok'],
    ['at the last second', { notBefore: minutes(-5), notAfter: noon }, 'ok'],
    ['before', { notBefore: minutes(1), notAfter: minutes(5) }, 'bad-certificate'],
    ['after', { notBefore: minutes(-5), notAfter: minutes(-1) }, 'bad-certificate'],
  ])('%s the validity', (_, options, code) => {
    const verdict = keyless(options);
    expect(codeOf(verdict)).toBe(code);
    if (!verdict.ok) expect(verdict.message).toMatch(/signed at 2026-05-01T12:00:00.000Z.* good from .* to /);
  });

  test('nobody says it: refused, though the certificate is good right now', () => {
    const now = new Date(performance.timeOrigin + performance.now());
    const present = new Bench({ clock: () => now });
    const material = bare(present.certified());
    expect(codeOf(verifyMaterial(material, present.policy({ log: 'checked' })))).toBe('time-missing');
    expect(codeOf(verifyMaterial(material, present.policy()))).toBe('log-missing');
    const ignored = verifyMaterial(present.keyless(), present.policy({ log: 'ignored' }));
    expect(codeOf(ignored)).toBe('time-missing');
  });

  test('all times have to be within', () => {
    const hand = bench.certified({ notAfter: minutes(5) });
    const made = bare(hand);
    const material = { ...made, logEntries: [bench.entry('hashedrekord 0.0.1', logged(hand, made))] };
    const stamped = (time: Date): string =>
      codeOf(
        verifyMaterial(
          { ...material, timestamps: [bench.sigstore.timestamp(made.signature, { time })] },
          policy,
        ),
      );
    expect(stamped(minutes(4))).toBe('ok');
    expect(stamped(minutes(6))).toBe('bad-certificate');
    expect(stamped(minutes(-1))).toBe('bad-certificate');
  });

  test('log and timestamp: which of them is needed', () => {
    const hand = bench.certified();
    const made = bare(hand);
    const logEntries = [bench.entry('hashedrekord 0.0.1', logged(hand, made))];
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    const table: readonly [Partial<SignatureMaterial>, TrustPolicy['log'], string][] = [
      [{ logEntries }, undefined, 'ok'],
      [{ timestamps }, undefined, 'ok'],
      [{}, undefined, 'log-missing'],
      [{ logEntries }, 'required', 'ok'],
      [{ timestamps }, 'required', 'log-missing'],
      [{ logEntries, timestamps }, 'required', 'ok'],
      [{ logEntries }, 'checked', 'ok'],
      [{ timestamps }, 'checked', 'ok'],
      [{ logEntries }, 'ignored', 'time-missing'],
      [{ timestamps }, 'ignored', 'ok'],
    ];
    for (const [more, log, code] of table) {
      expect([log, codeOf(verifyMaterial({ ...made, ...more }, { ...policy, log }))]).toEqual([log, code]);
    }
  });

  test('an intermediate certificate that had expired (CVE-2026-24122), and one that was not valid yet', () => {
    for (const intermediate of [
      { notBefore: minutes(-100), notAfter: minutes(-1) },
      { notBefore: minutes(1), notAfter: minutes(100) },
    ]) {
      const other = new Bench({ intermediate });
      expect(codeOf(verifyMaterial(other.keyless(), other.policy()))).toBe('bad-certificate');
    }
  });

  test('an authority is good only for the time in which the root says so', () => {
    const [ca] = bench.root.certificateAuthorities;
    const limited = (start: Date, end: Date): TrustPolicy =>
      bench.policy({
        trustedRoot: { ...bench.root, certificateAuthorities: [{ ...ca!, validFor: { start, end } }] },
      });
    expect(codeOf(verifyMaterial(bench.keyless(), limited(minutes(-1), minutes(1))))).toBe('ok');
    expect(codeOf(verifyMaterial(bench.keyless(), limited(minutes(1), minutes(2))))).toBe('bad-certificate');
  });
});

describe('signing case 15: the clock', () => {
  test('a machine clock that is years off changes nothing', () => {
    // All of it happened in 2026, and later in 2049; the machine's clock is at one of them at most.
    for (const time of ['2021-01-01T00:00:00Z', '2049-01-01T00:00:00Z']) {
      const then = new Bench({ clock: () => new Date(time) });
      expect(codeOf(verifyMaterial(then.keyless(), then.policy()))).toBe('ok');
    }
  });

  test('a certificate that starts seconds after the log took the entry is refused', () => {
    expect(codeOf(keyless({ notBefore: new Date(noon.getTime() + 3000) }))).toBe('bad-certificate');
  });
});

describe('signing case 11: what a certificate is for', () => {
  test.each<[string, CertificateOptions, string]>([
    ['code signing', { extendedKeyUsage: ['codeSigning'] }, 'ok'],
    ['code signing and more', { extendedKeyUsage: ['clientAuth', 'codeSigning'] }, 'ok'],
    ['timestamps', { extendedKeyUsage: ['timeStamping'] }, 'bad-certificate'],
    ['clients', { extendedKeyUsage: ['clientAuth'] }, 'bad-certificate'],
    ['nothing', { extendedKeyUsage: [] }, 'bad-certificate'],
  ])('%s', (_, options, code) => {
    expect(codeOf(keyless(options))).toBe(code);
  });
});

describe('signing case 11: the promise of a certificate log', () => {
  test.each<[NonNullable<CertificateOptions['timestamp']>, string]>([
    ['good', 'ok'],
    ['none', 'bad-certificate'],
    ['forged', 'bad-certificate'],
    ['unknown log', 'bad-certificate'],
  ])('%s', (timestamp, code) => {
    const material = bench.keyless(message, { timestamp });
    expect(codeOf(verifyMaterial(material, policy))).toBe(code);
    // Where none is asked for, none is looked at.
    const ignored = bench.policy({ certificateLog: 'ignored', trustedRoot: { ...bench.root, ctlogs: [] } });
    expect(codeOf(verifyMaterial(material, ignored))).toBe('ok');
  });
});

describe('signing case 11: who issued it', () => {
  const attacker = new Bench();

  test('somebody else, whose root came along', () => {
    const hand = attacker.certified();
    const made = bare(hand);
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    const logEntries = [bench.entry('hashedrekord 0.0.1', logged(hand, made))];
    const material = { ...made, timestamps, logEntries };
    expect(codeOf(verifyMaterial(material, policy))).toBe('bad-certificate');
    // Nothing else is wrong with it.
    const { certificateAuthorities, ctlogs } = attacker.root;
    const trustedRoot = { ...bench.root, certificateAuthorities, ctlogs };
    expect(codeOf(verifyMaterial(material, { ...policy, trustedRoot }))).toBe('ok');
  });

  test('the intermediate certificate comes from the trusted root alone', () => {
    const [ca] = bench.root.certificateAuthorities;
    const onlyRoot = { certificates: ca!.certChain!.certificates.slice(1) };
    const rules = bench.policy({
      trustedRoot: { ...bench.root, certificateAuthorities: [{ ...ca!, certChain: onlyRoot }] },
    });
    const material = bench.keyless();
    expect(material.signer.kind === 'certificate' && material.signer.chain.length).toBe(2);
    expect(codeOf(verifyMaterial(material, rules))).toBe('bad-certificate');
  });

  test('what was sent along does not matter when it is junk', () => {
    const material = bench.keyless();
    const signer = { ...material.signer, chain: [Buffer.from('junk')] } as SignatureMaterial['signer'];
    expect(codeOf(verifyMaterial({ ...material, signer }, policy))).toBe('ok');
  });
});

describe('signing case 11: certificates that no honest authority issues', () => {
  const validity = { notBefore: minutes(-60), notAfter: minutes(60) };
  const who = [names(email(person)), issuer(bench.sigstore.issuerUrl)];
  const ca = oddCertificate({ subject: 'ca', extensions: [authority], ...validity });
  const rules = bench.policy({
    certificateLog: 'ignored',
    trustedRoot: {
      ...bench.root,
      ...TrustedRoot.fromJSON({
        certificateAuthorities: [
          {
            certChain: { certificates: [{ rawBytes: base64(ca.der) }] },
            validFor: { start: minutes(-60).toISOString() },
          },
        ],
      }),
      timestampAuthorities: bench.root.timestampAuthorities,
    },
  });

  function leaf(options: Partial<OddCertificateOptions>): OddCertificate {
    return oddCertificate({ subject: 'leaf', issuer: { ...ca, name: 'ca' }, ...validity, ...options });
  }

  function signedWith({ der: certificate, privateKey }: OddCertificate): MaterialVerdict {
    const signature = sign('sha256', signedBytes(message), privateKey);
    return verifyMaterial(
      {
        content: message,
        signature,
        signer: { kind: 'certificate', certificate, chain: [ca.der] },
        logEntries: [],
        timestamps: [bench.sigstore.timestamp(signature)],
      },
      rules,
    );
  }

  test.each<[string, Partial<OddCertificateOptions>, string]>([
    ['a good one', { extensions: [codeSigning, ...who] }, 'ok'],
    ['an authority', { extensions: [codeSigning, ...who, authority] }, 'bad-certificate'],
    [
      'that may sign certificates',
      { extensions: [codeSigning, ...who, ['2.5.29.15', der(0x03, Buffer.from([2, 0x84])), true]] },
      'bad-certificate',
    ],
    [
      'a critical extension that nobody knows',
      { extensions: [codeSigning, ...who, ['1.2.3.4', Buffer.from([5, 0]), true]] },
      'bad-certificate',
    ],
    [
      'an extension that nobody knows',
      { extensions: [codeSigning, ...who, ['1.2.3.4', Buffer.from([5, 0])]] },
      'ok',
    ],
    ['the same extension twice', { extensions: [codeSigning, ...who, ...who] }, 'bad-certificate'],
    [
      'two kinds of signature',
      { extensions: [codeSigning, ...who], outerAlgorithm: '1.2.840.10045.4.3.9' },
      'bad-certificate',
    ],
    [
      'an absurd object identifier',
      { extensions: [codeSigning, ...who, [`1.2${'.999999'.repeat(2000)}`, Buffer.from([5, 0])]] },
      'bad-certificate',
    ],
    ['no names', { extensions: [codeSigning, issuer(bench.sigstore.issuerUrl)] }, 'other-signer'],
    ['no issuer', { extensions: [codeSigning, names(email(person))] }, 'other-signer'],
    [
      'two names',
      {
        extensions: [codeSigning, names(dns('example.com'), email(person)), issuer(bench.sigstore.issuerUrl)],
      },
      'ok',
    ],
    [
      'too many names',
      {
        extensions: [
          codeSigning,
          names(...new Array<Buffer>(65).fill(email(person))),
          issuer(bench.sigstore.issuerUrl),
        ],
      },
      'bad-certificate',
    ],
    [
      'names that are none',
      { extensions: [codeSigning, ['2.5.29.17', Buffer.from('junk')], issuer(bench.sigstore.issuerUrl)] },
      'bad-certificate',
    ],
    [
      'an issuer in the old form',
      { extensions: [codeSigning, names(email(person)), issuer(bench.sigstore.issuerUrl, 'raw')] },
      'ok',
    ],
    [
      'issuers in both forms: the new one counts',
      {
        extensions: [
          codeSigning,
          names(email(person)),
          issuer('https://other.example.com'),
          issuer(bench.sigstore.issuerUrl, 'raw'),
        ],
      },
      'other-signer',
    ],
    [
      'issuers in both forms: the old one does not',
      {
        extensions: [
          codeSigning,
          names(email(person)),
          issuer(bench.sigstore.issuerUrl),
          issuer('https://other.example.com', 'raw'),
        ],
      },
      'ok',
    ],
    [
      'an issuer in the new place that is no DER',
      {
        extensions: [
          codeSigning,
          names(email(person)),
          ['1.3.6.1.4.1.57264.1.8', Buffer.from(bench.sigstore.issuerUrl)],
        ],
      },
      'bad-certificate',
    ],
    [
      'issued by itself',
      { issuer: undefined as never, extensions: [codeSigning, ...who] },
      'bad-certificate',
    ],
    [
      'issued by a leaf',
      { issuer: { ...leaf({ extensions: [codeSigning, ...who] }) }, extensions: [codeSigning, ...who] },
      'bad-certificate',
    ],
  ])('%s', (_, options, code) => {
    const made =
      'issuer' in options && options.issuer === undefined
        ? oddCertificate({ ...validity, extensions: options.extensions! })
        : leaf(options);
    expect(codeOf(signedWith(made))).toBe(code);
  });

  test('the authority itself is no signer', () => {
    const self = oddCertificate({
      subject: 'self',
      extensions: [codeSigning, ...who, authority],
      ...validity,
    });
    expect(codeOf(signedWith(self))).toBe('bad-certificate');
  });
});

describe('reading a certificate for people', () => {
  test('tells what it says', () => {
    const { certificate } = bench.sigstore.certificate({
      names: [{ email: 'a@example.com' }, { uri: 'https://example.com/b' }, { username: 'c!example.com' }],
      facts: { 2: 'push', 3: 'abc', 4: 'Release', 5: 'acme/app', 6: 'refs/heads/main' },
    });
    const description = describeCertificate(certificate);
    expect(description).toMatchObject({
      identities: ['a@example.com', 'https://example.com/b', 'c!example.com'],
      issuer: bench.sigstore.issuerUrl,
      workflow: {
        trigger: 'push',
        sha: 'abc',
        name: 'Release',
        repository: 'acme/app',
        ref: 'refs/heads/main',
      },
      notBefore: noon,
      notAfter: minutes(10),
      fingerprint: createHash('sha256').update(certificate).digest('hex'),
      isAuthority: false,
      isForCodeSigning: true,
    });
    expect(() => JSON.stringify(description)).not.toThrow();
    const [intermediate] = bench.sigstore.certificate().chain;
    expect(describeCertificate(intermediate!)).toMatchObject({
      isAuthority: true,
      identities: [],
      issuer: undefined,
    });
  });

  test('the bits around its signature are as they have to be', () => {
    const { certificate } = bench.sigstore.certificate();
    const signature = parseCertificate(certificate).root.subs[2]!.value;
    // Tag, length, and how many bits of the last byte do not count.
    const start = certificate.byteLength - signature.byteLength - 2;
    for (let bit = start * 8; bit < (start + 3) * 8; bit += 1) {
      expect(describeCertificate(flip(certificate, bit))).toBeUndefined();
    }
  });

  test('never throws, whatever the bytes are', () => {
    const { certificate } = bench.sigstore.certificate();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(describeCertificate(bytes)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.nat(certificate.byteLength * 8 - 1), fc.nat(certificate.byteLength), (bit, length) => {
        describeCertificate(flip(certificate, bit));
        expect(
          describeCertificate(certificate.subarray(0, length === certificate.byteLength ? 0 : length)),
        ).toBeUndefined();
      }),
      { numRuns: 500 },
    );
    expect(describeCertificate(Buffer.concat([certificate, Buffer.alloc(1)]))).toBeUndefined();
    expect(describeCertificate(Buffer.alloc(16_385, 0x30))).toBeUndefined();
    expect(describeCertificate(der(0x30, oid('1.2.3')))).toBeUndefined();
  });

  test('what cannot be read is no signer, and no error', () => {
    const material = bench.keyless();
    for (const certificate of [Buffer.alloc(0), Buffer.from('junk'), Buffer.alloc(20_000)]) {
      const signer = { kind: 'certificate', certificate, chain: [] } as const;
      expect(codeOf(verifyMaterial({ ...material, signer }, policy))).toBe('bad-certificate');
    }
  });
});
