import { sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { signedBytes } from '../../src/formats/dsse.ts';
import {
  type Authority,
  type MaterialVerdict,
  publicKey,
  type SignatureMaterial,
  type TrustPolicy,
  verifyMaterial,
} from '../../src/index.ts';
import {
  Bench,
  bare,
  entryFrom,
  envelope,
  envelopeJson,
  flip,
  keyHand,
  kindFor,
  logged,
  message,
} from './support/bench.ts';

const bench = new Bench();

/** By cosign 3.1.3, with a key that was made for it and thrown away. Its own `verify` does not accept it. */
const goldenEd25519 = {
  key: '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAES6Sz957upzUuqHMWno2K6Tr0ajXoJ4czHGLUFLOnFU=\n-----END PUBLIC KEY-----\n',
  payload:
    '{"critical":{"identity":{"docker-reference":"example.com/app"},"image":{"docker-manifest-digest":"sha256:30c8ad4e06bb42eb860f44ec752359da2801b62eba3ed42d961adb184349ac93"},"type":"cosign container image signature"},"optional":null}',
  signature: 'LTA+q+Jj2a+Cy9EMupwRbZuBeKcy9dzVOkOTCJPAJbZbogsxitAIvTwdqYZiemoSWE3oZx1w9YIZOvRIzXiWBQ==',
};

function keyOf(hand: ReturnType<typeof keyHand>): Authority {
  return { kind: 'key', key: hand.key };
}

function trusting(...hands: readonly ReturnType<typeof keyHand>[]): TrustPolicy {
  return { authorities: hands.map(keyOf) };
}

function codeOf(verdict: MaterialVerdict): string {
  return verdict.ok ? 'ok' : verdict.code;
}

describe.each(['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const)('a signature with a %s key', (kind) => {
  test.each([message, envelope])('over a $kind holds with its key alone', (content) => {
    const hand = keyHand(kind);
    const material = bare(hand, content);
    expect(verifyMaterial(material, trusting(hand))).toMatchObject({
      ok: true,
      signer: { kind: 'key', key: { hint: hand.key.hint }, authority: keyOf(hand) },
      witnessed: { log: [], timestamps: [] },
    });
    const other = keyHand(kind);
    expect(codeOf(verifyMaterial(material, trusting(other)))).toBe('other-signer');
    const changed = { ...material, signature: material.signature.slice(0, -1) };
    expect(codeOf(verifyMaterial(changed, trusting(hand)))).toBe('bad-signature');
  });
});

test('an envelope is not a message with the same bytes, nor one of another type', () => {
  const hand = keyHand();
  const material = bare(hand, envelope);
  const policy = trusting(hand);
  const asMessage = { ...material, content: { kind: 'message', bytes: envelope.payload } } as const;
  expect(codeOf(verifyMaterial(asMessage, policy))).toBe('bad-signature');
  const otherType = { ...material, content: { ...envelope, payloadType: 'text/plain' } };
  expect(codeOf(verifyMaterial(otherType, policy))).toBe('bad-signature');
});

test('the hint is not believed: every trusted key is tried', () => {
  const [one, two, three] = [keyHand(), keyHand('Ed25519'), keyHand('RSA')];
  const policy = trusting(one, two, three);
  for (const hint of [undefined, '', one.key.hint, 'junk', '\u0000']) {
    const verdict = verifyMaterial({ ...bare(three), signer: { kind: 'key', hint } }, policy);
    expect(verdict).toMatchObject({ ok: true, signer: { key: { hint: three.key.hint } } });
  }
  const lying = { ...bare(keyHand()), signer: { kind: 'key', hint: one.key.hint } } as const;
  expect(codeOf(verifyMaterial(lying, policy))).toBe('bad-signature');
});

test('a key that is trusted under two names signs for both', () => {
  const hand = keyHand();
  const verdict = verifyMaterial(bare(hand), trusting(hand, keyHand(), hand));
  expect(verdict.ok && verdict.signer.authorities).toHaveLength(2);
});

test('a trusted key counts also where a certificate came along', () => {
  const hand = keyHand();
  const { claim } = bench.certified();
  const material = { ...bare(hand), signer: claim };
  expect(verifyMaterial(material, trusting(hand)).ok).toBe(true);
  expect(codeOf(verifyMaterial(bench.keyless(), trusting(hand)))).toBe('other-signer');
});

test('a key is nobody who is asked for when only identities are', () => {
  expect(codeOf(verifyMaterial(bare(keyHand()), bench.policy()))).toBe('other-signer');
});

describe('signing case 13: key and signature that do not go together', () => {
  const kinds = ['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const;

  test('a signature never holds with a key of another kind', () => {
    const hands = kinds.map((kind) => keyHand(kind));
    for (const signer of hands) {
      for (const hand of hands) {
        const verdict = verifyMaterial(bare(signer, envelope), trusting(hand));
        expect(verdict.ok).toBe(signer === hand);
      }
    }
  });

  test.each(['P-384', 'P-521'] as const)(
    'SHA-256 with a %s key, as cosign did before version 2, holds',
    (kind) => {
      const hand = keyHand(kind);
      const signature = sign('sha256', signedBytes(envelope), hand.privateKey);
      expect(verifyMaterial({ ...bare(hand, envelope), signature }, trusting(hand)).ok).toBe(true);
    },
  );

  test('the pre-hashed way of Ed25519, in which cosign signs images, holds, and is found in a log', () => {
    const hand = keyHand('Ed25519');
    const seed = Buffer.from(hand.privateKey.export({ format: 'jwk' }).d!, 'base64url');
    const signature = ed25519ph.sign(signedBytes(message), seed);
    const material = { ...bare(hand), signature };
    expect(verifyMaterial(material, trusting(hand)).ok).toBe(true);
    expect(codeOf(verifyMaterial(material, trusting(keyHand('Ed25519'))))).toBe('other-signer');
    for (let bit = 0; bit < 512; bit += 5) {
      const changed = { ...material, signature: flip(signature, bit) };
      expect(codeOf(verifyMaterial(changed, trusting(hand)))).toBe('bad-signature');
    }
    // Rekor takes it, with SHA-512.
    const own = { ...logged(hand, material), hash: 'sha512' };
    const draft = new Bench().entry('hashedrekord 0.0.1', own);
    const { transparencyLogEntry } = bench.sigstore.rekor.add(JSON.parse(draft.canonicalizedBody.toString()));
    const policy = bench.policy({ authorities: [keyOf(hand)] });
    for (const entry of [entryFrom(transparencyLogEntry), bench.entry('hashedrekord 0.0.2', own)]) {
      expect(verifyMaterial({ ...material, logEntries: [entry] }, policy).ok).toBe(true);
    }
  });

  test('a signature by the Ed25519 key of cosign 3.1.3 holds', () => {
    const key = publicKey(goldenEd25519.key);
    const bytes = Buffer.from(goldenEd25519.payload);
    const material: SignatureMaterial = {
      content: { kind: 'message', bytes },
      signature: Buffer.from(goldenEd25519.signature, 'base64'),
      signer: { kind: 'key' },
      logEntries: [],
      timestamps: [],
    };
    expect(verifyMaterial(material, { authorities: [{ kind: 'key', key }] }).ok).toBe(true);
  });

  test.each([
    ['P-256', 'sha384'],
    ['P-256', 'sha1'],
    ['P-384', 'sha512'],
    ['P-384', 'sha1'],
    ['RSA', 'sha512'],
    ['RSA', 'sha1'],
  ] as const)('a %s key with %s does not', (kind, hash) => {
    const hand = keyHand(kind);
    const signature = sign(hash, signedBytes(message), hand.privateKey);
    expect(verifyMaterial({ ...bare(hand), signature }, trusting(hand)).ok).toBe(false);
  });

  test('keys and identities in one policy: whoever of them signed is told', () => {
    const hand = keyHand();
    const policy = bench.policy({ authorities: [keyOf(hand), bench.someone], log: 'checked' });
    expect(verifyMaterial(bare(hand), policy)).toMatchObject({ signer: { kind: 'key' } });
    expect(verifyMaterial(bench.keyless(), policy)).toMatchObject({ signer: { kind: 'identity' } });
  });
});

describe('with a trusted root', () => {
  const hand = keyHand();
  const policy = bench.policy({ authorities: [keyOf(hand)] });

  test.each([
    ['message', 'hashedrekord 0.0.1'],
    ['message', 'rekord 0.0.1'],
    ['message', 'hashedrekord 0.0.2'],
    ['envelope', 'dsse 0.0.1'],
    ['envelope', 'intoto 0.0.2'],
    ['envelope', 'hashedrekord 0.0.1'],
    ['envelope', 'hashedrekord 0.0.2'],
    ['envelope', 'dsse 0.0.2'],
  ] as const)('an entry of a %s of the kind %s is found', (what, kind) => {
    const content = what === 'message' ? message : envelope;
    const material = bare(hand, content);
    const entry = bench.entry(kind, logged(hand, material));
    const verdict = verifyMaterial({ ...material, logEntries: [entry] }, policy);
    const isV2 = kind.endsWith('2') && !kind.startsWith('intoto');
    expect(verdict).toMatchObject({
      ok: true,
      witnessed: {
        log: [
          isV2
            ? { url: 'https://rekor-v2.example.com', index: entry.logIndex }
            : { url: 'https://rekor.example.com', index: entry.logIndex, time: bench.time },
        ],
      },
    });
  });

  test('an envelope in an entry of the kind intoto 0.0.1 is found where its JSON is known', () => {
    const made = bare(hand, envelope);
    const material = { ...made, timestamped: envelopeJson(made) };
    const logEntries = [bench.entry('intoto 0.0.1', logged(hand, material))];
    expect(verifyMaterial({ ...material, logEntries }, policy).ok).toBe(true);
    expect(codeOf(verifyMaterial({ ...made, logEntries }, policy))).toBe('bad-log-entry');
    const other = Buffer.from(JSON.stringify(JSON.parse(material.timestamped.toString()), null, 1));
    expect(codeOf(verifyMaterial({ ...material, timestamped: other, logEntries }, policy))).toBe(
      'bad-log-entry',
    );
  });

  test('the log itself takes the entries that are made here', () => {
    const material = bare(hand);
    const draft = new Bench().entry('hashedrekord 0.0.1', logged(hand, material));
    const { transparencyLogEntry } = bench.sigstore.rekor.add(JSON.parse(draft.canonicalizedBody.toString()));
    const logEntries = [entryFrom(transparencyLogEntry)];
    expect(verifyMaterial({ ...material, logEntries }, policy).ok).toBe(true);
  });

  test.each(['P-384', 'P-521', 'RSA'] as const)('an entry with the hash of a %s key is found', (kind) => {
    const large = keyHand(kind);
    const material = bare(large, envelope);
    for (const entryKind of ['hashedrekord 0.0.1', 'hashedrekord 0.0.2'] as const) {
      const logEntries = [bench.entry(entryKind, logged(large, material))];
      const rules = bench.policy({ authorities: [keyOf(large)] });
      expect(verifyMaterial({ ...material, logEntries }, rules).ok).toBe(true);
    }
  });

  test('an entry is required, unless it is not', () => {
    const material = bare(hand);
    expect(codeOf(verifyMaterial(material, policy))).toBe('log-missing');
    expect(codeOf(verifyMaterial(material, { ...policy, log: 'required' }))).toBe('log-missing');
    expect(verifyMaterial(material, { ...policy, log: 'checked' }).ok).toBe(true);
    expect(verifyMaterial(material, { ...policy, log: 'ignored' }).ok).toBe(true);
    const withoutLogs = { ...policy, trustedRoot: { ...bench.root, tlogs: [] } };
    expect(verifyMaterial(material, withoutLogs).ok).toBe(true);

    const another = keyHand();
    const wrong = bench.entry(kindFor(message), logged(another, bare(another)));
    const withWrong = { ...material, logEntries: [wrong] };
    expect(codeOf(verifyMaterial(withWrong, { ...policy, log: 'checked' }))).toBe('bad-log-entry');
    expect(verifyMaterial(withWrong, { ...policy, log: 'ignored' })).toMatchObject({
      witnessed: { log: [] },
    });
    expect(verifyMaterial(withWrong, trusting(hand))).toMatchObject({ witnessed: { log: [] } });
  });

  test('timestamps are checked where their authority is trusted', () => {
    const material = bare(hand);
    const rules = { ...policy, log: 'ignored' } as const;
    const good = bench.sigstore.timestamp(material.signature);
    const bad = bench.sigstore.timestamp(Buffer.from('something else'));
    expect(verifyMaterial({ ...material, timestamps: [good] }, rules)).toMatchObject({
      witnessed: { timestamps: [bench.time] },
    });
    expect(codeOf(verifyMaterial({ ...material, timestamps: [bad] }, rules))).toBe('bad-timestamp');
    expect(verifyMaterial({ ...material, timestamps: [bad] }, trusting(hand)).ok).toBe(true);
  });
});

describe('a policy that cannot be carried out is an error', () => {
  const { root, someone } = bench;
  const key = keyOf(keyHand());

  test.each<[string, TrustPolicy, string]>([
    ['nobody', { authorities: [] }, 'ERR_LADING_TRUST_POLICY'],
    ['an identity without a root', { authorities: [someone] }, 'ERR_LADING_TRUST_POLICY'],
    ['a log without a root', { authorities: [key], log: 'required' }, 'ERR_LADING_TRUST_POLICY'],
    [
      'a root without logs',
      { authorities: [key], log: 'required', trustedRoot: { ...root, tlogs: [] } },
      'ERR_LADING_TRUSTED_ROOT',
    ],
    [
      'a root without authorities',
      { authorities: [someone], trustedRoot: { ...root, certificateAuthorities: [] } },
      'ERR_LADING_TRUSTED_ROOT',
    ],
    [
      'a root without certificate logs',
      { authorities: [someone], trustedRoot: { ...root, ctlogs: [] } },
      'ERR_LADING_TRUSTED_ROOT',
    ],
    [
      'nothing that tells the time',
      { authorities: [someone], log: 'ignored', trustedRoot: { ...root, timestampAuthorities: [] } },
      'ERR_LADING_TRUSTED_ROOT',
    ],
    [
      'an empty identity',
      { authorities: [{ ...someone, identity: { exact: '' } }], trustedRoot: root },
      'ERR_LADING_TRUST_POLICY',
    ],
    [
      'a pattern that is none',
      { authorities: [{ ...someone, identity: { pattern: '(' } }], trustedRoot: root },
      'ERR_LADING_TRUST_POLICY',
    ],
  ])('%s', (_, policy, code) => {
    for (const material of [bare(keyHand()), bench.keyless()]) {
      expect(() => verifyMaterial(material, policy)).toThrow(expect.objectContaining({ code }));
    }
  });

  test('parts of a root that are not understood are left out, and the rest is good', () => {
    const [log] = root.tlogs;
    const strange = { ...log!, publicKey: { ...log!.publicKey!, rawBytes: Buffer.from('of a later time') } };
    const trustedRoot = {
      ...root,
      tlogs: [strange, ...root.tlogs],
      ctlogs: [strange, ...root.ctlogs],
      certificateAuthorities: [
        { ...root.certificateAuthorities[0]!, certChain: undefined },
        ...root.certificateAuthorities,
      ],
    };
    expect(verifyMaterial(bench.keyless(), bench.policy({ trustedRoot }))).toMatchObject({ ok: true });
    const onlyStrange = bench.policy({ log: 'required', trustedRoot: { ...root, tlogs: [strange] } });
    expect(() => verifyMaterial(bench.keyless(), onlyStrange)).toThrow(
      /no usable entry for a transparency log/,
    );
  });
});
