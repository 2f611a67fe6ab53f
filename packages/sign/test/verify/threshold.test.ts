import { describe, expect, test } from '@jest/globals';
import {
  type Authority,
  distinctSigners,
  type SignatureMaterial,
  type VerifiedSigner,
  verifyMaterial,
} from '../../src/index.ts';
import { Bench, bare, keyHand, message } from './support/bench.ts';

const bench = new Bench();

function named(email: string): Authority {
  return { ...bench.someone, identity: { exact: email } };
}

function anyOf(pattern: string): Authority {
  return { ...bench.someone, identity: { pattern } };
}

function by(email: string): SignatureMaterial {
  return bench.keyless(message, { names: [{ email }] });
}

/** How many count, of what these authorities accept. */
function count(authorities: readonly Authority[], ...materials: readonly SignatureMaterial[]): number {
  const policy = bench.policy({ authorities, log: 'checked' });
  const signers: VerifiedSigner[] = [];
  for (const material of materials) {
    const verdict = verifyMaterial(material, policy);
    if (verdict.ok) signers.push(verdict.signer);
  }
  return distinctSigners(signers);
}

describe('signing case 10: of several signers', () => {
  const [one, two] = [keyHand(), keyHand('Ed25519')];
  const keys: readonly Authority[] = [one, two].map(({ key }) => ({ kind: 'key', key }));

  test('each key counts', () => {
    expect(count(keys)).toBe(0);
    expect(count(keys, bare(one))).toBe(1);
    expect(count(keys, bare(one), bare(two))).toBe(2);
    expect(count(keys, bare(one), bare(keyHand()))).toBe(1);
  });

  test('a key that signed twice counts once', () => {
    expect(count(keys, bare(one), bare(one), bare(one))).toBe(1);
  });

  test('a key under two names counts once', () => {
    const { pem } = one.key;
    const again: Authority = { kind: 'key', key: { ...one.key, name: `again ${pem.length}` } };
    expect(count([...keys, again], bare(one), bare(one))).toBe(1);
    expect(count([...keys, again], bare(one), bare(two))).toBe(2);
  });

  test('an identity that signed twice counts once, with two certificates too', () => {
    const team = [named('a@example.com'), named('b@example.com')];
    expect(count(team, by('a@example.com'), by('a@example.com'))).toBe(1);
    expect(count(team, by('a@example.com'), by('b@example.com'))).toBe(2);
  });

  test('two patterns that fit the same identity count once', () => {
    const team = [anyOf('.*@example\\.com'), anyOf('a@.*')];
    expect(count(team, by('a@example.com'), by('a@example.com'))).toBe(1);
  });

  test('one pattern that fits two identities counts once', () => {
    expect(count([anyOf('.*@example\\.com')], by('a@example.com'), by('b@example.com'))).toBe(1);
  });

  test('where several authorities fit, the most count', () => {
    const team = [anyOf('.*@example\\.com'), named('a@example.com')];
    expect(count(team, by('a@example.com'), by('b@example.com'))).toBe(2);
    expect(count(team, by('b@example.com'), by('a@example.com'))).toBe(2);
    expect(count(team, by('b@example.com'), by('c@example.com'))).toBe(1);
    const wide = [anyOf('[ab]@.*'), anyOf('[bc]@.*'), anyOf('[ac]@.*'), ...keys];
    const all = ['a', 'b', 'c'].map((name) => by(`${name}@example.com`));
    expect(count(wide, ...all, bare(two))).toBe(4);
    expect(count(wide, ...all, ...all)).toBe(3);
  });
});
