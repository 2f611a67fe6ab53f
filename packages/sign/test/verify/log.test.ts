import { sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { type MaterialVerdict, publicKey, type SignatureMaterial, verifyMaterial } from '../../src/index.ts';
import {
  Bench,
  bare,
  type EntryKind,
  envelope,
  envelopeJson,
  keyHand,
  logged,
  message,
  minutes,
  noon,
} from './support/bench.ts';

const bench = new Bench();
const policy = bench.policy();

function codeOf(verdict: MaterialVerdict): string {
  return verdict.ok ? 'ok' : verdict.code;
}

const kinds: readonly EntryKind[] = [
  'hashedrekord 0.0.1',
  'rekord 0.0.1',
  'dsse 0.0.1',
  'intoto 0.0.2',
  'intoto 0.0.1',
  'hashedrekord 0.0.2',
  'dsse 0.0.2',
];

/** With a timestamp, so that the time is known whatever the entry says. */
function witnessed(kind: EntryKind, hand = bench.certified()): SignatureMaterial & { hand: typeof hand } {
  const content = /dsse|intoto/.test(kind) ? envelope : message;
  const made = bare(hand, content);
  const timestamped = kind === 'intoto 0.0.1' ? envelopeJson(made) : undefined;
  const timestamps = [bench.sigstore.timestamp(timestamped ?? made.signature)];
  return { ...made, hand, timestamped, timestamps, logEntries: [bench.entry(kind, logged(hand, made))] };
}

describe.each(kinds)('signing case 8: an entry of the kind %s', (kind) => {
  const material = witnessed(kind);
  const { hand, content } = material;
  const own = logged(hand, material);

  function verdictWith(entry: TransparencyLogEntry): string {
    return codeOf(verifyMaterial({ ...material, logEntries: [entry] }, policy));
  }

  test('about this very signature is found', () => {
    expect(codeOf(verifyMaterial(material, policy))).toBe('ok');
  });

  test('about another signature of the same over the same is refused', () => {
    const again = bare(hand, content); // ECDSA gives another one each time
    expect(verdictWith(bench.entry(kind, { ...own, signature: again.signature }))).toBe('bad-log-entry');
  });

  test('about another content is refused', () => {
    const other =
      content.kind === 'message'
        ? { kind: 'message' as const, bytes: Buffer.from('other') }
        : { ...content, payload: Buffer.from('other') };
    expect(verdictWith(bench.entry(kind, { ...own, content: other }))).toBe('bad-log-entry');
  });

  test('about another certificate, the same key alone, or another key is refused', () => {
    const other = bench.certified();
    expect(verdictWith(bench.entry(kind, { ...own, verifier: other.verifier }))).toBe('bad-log-entry');
    const { publicKey, privateKey, pem } = bench.sigstore.certificate();
    const renewed = bench.sigstore.certificate({ keys: { publicKey, privateKey } });
    expect(renewed.pem).not.toBe(pem);
    const keyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const same = witnessed(kind, bench.certified({ keys: { publicKey, privateKey } }));
    for (const verifier of [renewed.pem, keyPem, keyHand().verifier]) {
      const entry = bench.entry(kind, { ...logged(same.hand, same), verifier });
      expect(codeOf(verifyMaterial({ ...same, logEntries: [entry] }, policy))).toBe('bad-log-entry');
    }
  });

  test('of a stranger to the trusted root does not count', () => {
    const stranger = new Bench();
    const entry = bench.entry(kind, own, stranger.sigstore);
    const alone = { ...material, timestamps: [], logEntries: [entry] };
    const verdict = verifyMaterial(alone, policy);
    expect(verdict).toMatchObject({ code: 'log-missing' });
    expect(!verdict.ok && verdict.message).toMatch(/1 of logs that are not trusted/);
    expect(codeOf(verifyMaterial(alone, { ...policy, log: 'required' }))).toBe('log-missing');
    // The stranger's entry under the name of a trusted log.
    expect(verdictWith({ ...entry, logId: material.logEntries[0]!.logId })).toBe('bad-log-entry');
  });
});

describe('signing case 8: a key and its log entry', () => {
  test('an entry about a certificate with the same key is fine, about another key it is not', () => {
    const certified = bench.sigstore.certificate();
    const hand = bench.certified({ keys: certified });
    const material = bare(hand);
    const authorities = [{ kind: 'key', key: publicKey(certified.publicKey) } as const];
    const byKey = bench.policy({ authorities });
    const verdictWith = (verifier: string): string => {
      const logEntries = [bench.entry('hashedrekord 0.0.1', { ...logged(hand, material), verifier })];
      return codeOf(verifyMaterial({ ...material, logEntries }, byKey));
    };
    expect(verdictWith(certified.pem)).toBe('ok');
    expect(verdictWith(publicKey(certified.publicKey).pem)).toBe('ok');
    expect(verdictWith(keyHand().verifier)).toBe('bad-log-entry');
    expect(verdictWith(bench.certified().verifier)).toBe('bad-log-entry');
    expect(verdictWith('no PEM at all')).toBe('bad-log-entry');
  });
});

describe('signing case 9: an entry that was changed', () => {
  const material = bench.keyless();
  const [entry] = material.logEntries as [TransparencyLogEntry];
  const other = bench.keyless().logEntries[0]!;

  function verdictWith(changed: Partial<TransparencyLogEntry>): MaterialVerdict {
    return verifyMaterial({ ...material, logEntries: [{ ...entry, ...changed }] }, policy);
  }

  test('promise and proof are enough alone, and neither is not', () => {
    expect(verdictWith({ inclusionProof: undefined }).ok).toBe(true);
    expect(codeOf(verdictWith({ inclusionPromise: undefined, inclusionProof: undefined }))).toBe(
      'bad-log-entry',
    );
  });

  test('the integrated time is no time without a promise', () => {
    expect(codeOf(verdictWith({ inclusionPromise: undefined }))).toBe('time-missing');
    const empty = { inclusionPromise: { signedEntryTimestamp: Buffer.alloc(0) } };
    expect(codeOf(verdictWith(empty))).toBe('time-missing');
  });

  test.each<[string, Partial<TransparencyLogEntry>]>([
    ['another promise', { inclusionPromise: other.inclusionPromise }],
    ['another time', { integratedTime: String(Number(entry.integratedTime) + 1) }],
    ['no time', { integratedTime: '0' }],
    ['a time that is no number', { integratedTime: '1e9' }],
    ['another index', { logIndex: other.logIndex }],
    ['an index that is no number', { logIndex: '-1' }],
    ['another body', { canonicalizedBody: other.canonicalizedBody }],
    ['another proof', { inclusionProof: other.inclusionProof }],
    ['another kind', { kindVersion: { kind: 'rekord', version: '0.0.1' } }],
    ['a body that is no JSON', { canonicalizedBody: Buffer.from('{') }],
  ])('%s', (_, changed) => {
    expect(verdictWith(changed).ok).toBe(false);
  });

  test.each<[string, object]>([
    ['another index', { logIndex: '1' }],
    ['an index beyond the tree', { logIndex: '99999' }],
    ['an index below zero', { logIndex: '-1' }],
    ['no hashes', { hashes: [] }],
    ['a hash more', { hashes: [...entry.inclusionProof!.hashes, Buffer.alloc(32)] }],
    ['another root', { rootHash: Buffer.alloc(32) }],
    ['another size', { treeSize: '1' }],
  ])('a proof with %s, with the promise or without', (_, changed) => {
    // A second entry, so that the proof has hashes.
    const many = bench.keyless();
    const [last] = many.logEntries as [TransparencyLogEntry];
    const inclusionProof = { ...last.inclusionProof!, ...changed };
    const timestamps = [bench.sigstore.timestamp(many.signature)];
    for (const promise of [last.inclusionPromise, undefined]) {
      const logEntries = [{ ...last, inclusionPromise: promise, inclusionProof }];
      expect(codeOf(verifyMaterial({ ...many, timestamps, logEntries }, policy))).toBe('bad-log-entry');
    }
  });

  test('a proof that nobody signed does not matter beside a promise, and does not do alone', () => {
    const inclusionProof = { ...entry.inclusionProof!, checkpoint: undefined };
    expect(verdictWith({ inclusionProof }).ok).toBe(true);
    expect(codeOf(verdictWith({ inclusionProof, inclusionPromise: undefined }))).toBe('bad-log-entry');
  });

  test.each<[string, (envelope: string) => string]>([
    ['cut off', (text) => text.slice(0, -2)],
    ['without signatures', (text) => text.slice(0, text.indexOf('—'))],
    ['with another origin', (text) => text.replace('rekor.example.com - ', 'rekor.example.org - ')],
    ['with another tree', (text) => text.replace(/ - \d+/, ' - 1')],
    ['signed as somebody else', (text) => text.replace('— rekor.example.com', '— rekor.example.org')],
    ['with another size', (text) => text.replace(/\n\d+\n/, '\n999\n')],
    ['with a line more', (text) => text.replace('\n\n', '\nmore\n\n')],
    ['with base64 of another form', (text) => text.replace(/\n$/, '=\n')],
    ['of another log', () => new Bench().keyless().logEntries[0]!.inclusionProof!.checkpoint!.envelope],
    ['of the other log', () => bench.sigstore.rekorV2.checkpoint()],
  ])('a checkpoint %s', (_, change) => {
    const { checkpoint } = entry.inclusionProof!;
    const changed = { envelope: change(checkpoint!.envelope) };
    expect(changed).not.toEqual(checkpoint);
    expect(verdictWith({ inclusionProof: { ...entry.inclusionProof!, checkpoint: changed } }).ok).toBe(false);
  });

  test('a checkpoint may be signed by witnesses too', () => {
    const { envelope: text } = entry.inclusionProof!.checkpoint!;
    const witness = `— witness.example.org ${Buffer.from('12345678').toString('base64')}\n`;
    const checkpoint = { envelope: text.replace('— ', `${witness}— `) };
    expect(verdictWith({ inclusionProof: { ...entry.inclusionProof!, checkpoint } }).ok).toBe(true);
  });

  test('an entry is good only for the time in which its log is', () => {
    const [log, ...more] = bench.root.tlogs;
    const limited = (validFor: object) => ({
      ...policy,
      trustedRoot: {
        ...bench.root,
        tlogs: [{ ...log!, publicKey: { ...log!.publicKey!, validFor } as never }, ...more],
      },
    });
    expect(verifyMaterial(material, limited({ start: minutes(-1), end: minutes(1) })).ok).toBe(true);
    expect(codeOf(verifyMaterial(material, limited({ start: minutes(1) })))).toBe('bad-log-entry');
    expect(codeOf(verifyMaterial(material, limited({ start: minutes(-9), end: minutes(-1) })))).toBe(
      'bad-log-entry',
    );
  });
});

describe('Rekor v2', () => {
  const hand = bench.certified();
  const made = bare(hand);
  const [entry] = [bench.entry('hashedrekord 0.0.2', logged(hand, made))];
  const material = { ...made, logEntries: [entry] };

  test('it tells no time', () => {
    expect(codeOf(verifyMaterial(material, policy))).toBe('time-missing');
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    expect(verifyMaterial({ ...material, timestamps }, policy)).toMatchObject({
      ok: true,
      witnessed: { log: [{ url: 'https://rekor-v2.example.com' }], timestamps: [noon] },
    });
    // A time that nobody signed changes nothing.
    const logEntries = [{ ...entry, integratedTime: String(noon.getTime() / 1000) }];
    expect(codeOf(verifyMaterial({ ...material, logEntries }, policy))).toBe('time-missing');
  });

  test('signing case 9: the log of another host may have the same key, and is another', () => {
    const tlogs = bench.root.tlogs.map((log) => ({ ...log, baseUrl: 'https://other.example.com' }));
    const rules = { ...policy, trustedRoot: { ...bench.root, tlogs } };
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    expect(codeOf(verifyMaterial({ ...material, timestamps }, rules))).toBe('bad-log-entry');
  });

  test('signing case 9: a checkpoint that the same key signed for another origin', () => {
    const { keys, id } = bench.sigstore.rekorV2;
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    const { inclusionProof } = entry;
    const [own = '', ...state] = inclusionProof!.checkpoint!.envelope.split('\n\n')[0]!.split('\n');
    const signedAs = (origin: string): string => {
      const text = [origin, ...state, ''].join('\n');
      const signature = Buffer.concat([id.subarray(0, 4), sign(null, Buffer.from(text), keys.privateKey)]);
      const checkpoint = { envelope: `${text}\n\u2014 ${own} ${signature.toString('base64')}\n` };
      const logEntries = [{ ...entry, inclusionProof: { ...inclusionProof!, checkpoint } }];
      return codeOf(verifyMaterial({ ...material, timestamps, logEntries }, policy));
    };
    expect(signedAs(own)).toBe('ok');
    expect(signedAs('other.example.com')).toBe('bad-log-entry');
    expect(signedAs(`${own}/other`)).toBe('bad-log-entry');
  });

  test('the index that is told is the proven one', () => {
    const timestamps = [bench.sigstore.timestamp(made.signature)];
    const logEntries = [{ ...entry, logIndex: '123456' }];
    const verdict = verifyMaterial({ ...material, timestamps, logEntries }, policy);
    expect(verdict).toMatchObject({ witnessed: { log: [{ index: entry.inclusionProof!.logIndex }] } });
  });
});

describe('signing case 10: what is there twice', () => {
  test('counts once', () => {
    const material = bench.keyless();
    const stamp = bench.sigstore.timestamp(material.signature);
    const logEntries = [
      ...material.logEntries,
      ...material.logEntries,
      { ...material.logEntries[0]!, inclusionProof: undefined },
    ];
    const verdict = verifyMaterial({ ...material, logEntries, timestamps: [stamp, stamp] }, policy);
    expect(verdict.ok && verdict.witnessed.log).toHaveLength(1);
    expect(verdict.ok && verdict.witnessed.timestamps).toHaveLength(1);
  });

  test('several different ones are all told, also of the same second', () => {
    const hand = bench.certified();
    const made = bare(hand, envelope);
    const logEntries = (['dsse 0.0.1', 'intoto 0.0.2', 'hashedrekord 0.0.2'] as const).map((kind) =>
      bench.entry(kind, logged(hand, made)),
    );
    const timestamps = [1, 2].map((nonce) =>
      bench.sigstore.timestamp(made.signature, { nonce: Buffer.from([nonce]) }),
    );
    const verdict = verifyMaterial({ ...made, logEntries, timestamps }, policy);
    expect(verdict).toMatchObject({ ok: true });
    expect(verdict.ok && verdict.witnessed.log).toHaveLength(3);
    expect(verdict.ok && verdict.witnessed.timestamps).toHaveLength(2);
  });
});

test('one wrong entry of a trusted log spoils the signature, one of a stranger does not', () => {
  const material = bench.keyless();
  const wrong = bench.keyless().logEntries;
  const strange = new Bench().keyless().logEntries;
  for (const mix of [
    (more: typeof wrong) => [...more, ...material.logEntries],
    (more: typeof wrong) => [...material.logEntries, ...more],
  ]) {
    expect(codeOf(verifyMaterial({ ...material, logEntries: mix(wrong) }, policy))).toBe('bad-log-entry');
    expect(codeOf(verifyMaterial({ ...material, logEntries: mix(strange) }, policy))).toBe('ok');
  }
});

test('there is a limit to what is read', () => {
  const material = bench.keyless();
  const [entry] = material.logEntries as [TransparencyLogEntry];
  const many = { ...material, logEntries: new Array(33).fill(entry) };
  expect(codeOf(verifyMaterial(many, policy))).toBe('too-large');
  const large = { ...material, logEntries: [{ ...entry, canonicalizedBody: Buffer.alloc(1_048_577) }] };
  expect(codeOf(verifyMaterial(large, policy))).toBe('too-large');
  const stamps = { ...material, timestamps: new Array(33).fill(Buffer.alloc(1)) };
  expect(codeOf(verifyMaterial(stamps, policy))).toBe('too-large');
});

test('an entry without a name of its log is malformed, and no error', () => {
  const material = bench.keyless();
  const logEntries = [{ ...material.logEntries[0]!, logId: undefined as never }];
  expect(codeOf(verifyMaterial({ ...material, logEntries }, policy))).toBe('malformed');
});
