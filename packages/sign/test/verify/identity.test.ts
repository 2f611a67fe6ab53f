import { describe, expect, test } from '@jest/globals';
import type { CertificateOptions } from '@lading/testkit/sigstore';
import fc from 'fast-check';
import {
  type GitHubWorkflow,
  githubIdentity,
  githubIssuer,
  type IdentityAuthority,
  looksUnanchored,
  type MaterialVerdict,
  verifyMaterial,
} from '../../src/index.ts';
import { literal, textMatcher } from '../../src/verify/text-match.ts';
import { Bench, message, person } from './support/bench.ts';

const bench = new Bench();
const { issuerUrl } = bench.sigstore;

function verdictOf(options: CertificateOptions, authority: Partial<IdentityAuthority>): MaterialVerdict {
  const authorities = [{ ...bench.someone, ...authority }];
  return verifyMaterial(bench.keyless(message, options), bench.policy({ authorities }));
}

function isTrusted(options: CertificateOptions, authority: Partial<IdentityAuthority>): boolean {
  const verdict = verdictOf(options, authority);
  if (!verdict.ok) expect(verdict.code).toBe('other-signer');
  return verdict.ok;
}

const workflow = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';

describe('signing case 12: an identity', () => {
  test.each<[string, string, IdentityAuthority['identity'], boolean]>([
    ['the same', workflow, { exact: workflow }, true],
    ['a part of it', workflow, { exact: 'https://github.com/acme/app' }, false],
    ['a pattern of a part', workflow, { pattern: 'https://github.com/acme/app' }, false],
    ['a pattern of a part, with one anchor', workflow, { pattern: '^https://github.com/acme/app' }, false],
    ['a pattern of the whole', workflow, { pattern: 'https://github\\.com/acme/app/.*' }, true],
    ['a pattern with anchors', workflow, { pattern: '^https://github\\.com/acme/app/.*$' }, true],
    [
      'a namesake',
      'https://github.com/acme/app-evil/.github/workflows/x.yml@refs/heads/main',
      { pattern: 'https://github.com/acme/app' },
      false,
    ],
    [
      'a choice, of which each half is anchored',
      'https://github.com/acme/app',
      { pattern: 'https://github.com/acme/app|x' },
      true,
    ],
    ['a choice that begins with a shorter half', 'abc', { pattern: 'a|abc' }, true],
    [
      'a choice of a part',
      'https://github.com/acme/app-evil',
      { pattern: '^https://github.com/acme/app|x$' },
      false,
    ],
    [
      'a dot is any character, as in every pattern',
      'https://githubXcom/acme',
      { pattern: 'https://github.com/acme' },
      true,
    ],
    [
      'a dot with a backslash is not',
      'https://githubXcom/acme',
      { pattern: 'https://github\\.com/acme' },
      false,
    ],
    ['of another case', 'Someone@example.com', { exact: person }, false],
    ['a pattern that ignores case', 'Someone@example.com', { pattern: '(?i)someone@example\\.com' }, true],
  ])('%s', (_, name, identity, expected) => {
    const names = name.includes('@example') ? [{ email: name }] : [{ uri: name }];
    expect(isTrusted({ names }, { identity })).toBe(expected);
  });

  test.each(['\n', '\r', '\0', '\u2028', '\u0085', '\t'])('a name with %j in it is nobody', (character) => {
    for (const name of [
      `${person}${character}`,
      `${character}${person}`,
      `evil${character}${person}`,
      `${person}${character}evil`,
    ]) {
      for (const names of [[{ email: name }], [{ uri: name }], [{ username: name }]]) {
        expect(isTrusted({ names }, { identity: { exact: name } })).toBe(false);
        for (const pattern of ['.*', '(?s).*', `(?m)^${person}$`, `(?sm)^${person}$`, `[\\s\\S]*`]) {
          expect(isTrusted({ names }, { identity: { pattern } })).toBe(false);
        }
      }
    }
  });

  test('every name is tried, and it is told which one it was', () => {
    const names = [{ uri: 'https://example.com/x' }, { email: person }, { username: 'build!example.com' }];
    expect(verdictOf({ names }, {})).toMatchObject({ ok: true, signer: { identity: person } });
    expect(verdictOf({ names }, { identity: { exact: 'build!example.com' } })).toMatchObject({
      signer: { identity: 'build!example.com' },
    });
    expect(isTrusted({ names: [] }, { identity: { pattern: '.*' } })).toBe(false);
  });

  test('who it is instead is told', () => {
    const verdict = verdictOf({ names: [{ email: 'other@example.com' }] }, {});
    expect(!verdict.ok && verdict.message).toBe(
      `its certificate is for other@example.com of ${issuerUrl}, who is not trusted`,
    );
  });

  test('all authorities that a signer is are told', () => {
    const pattern = { ...bench.someone, identity: { pattern: '.*@example\\.com' } };
    const stranger = { ...bench.someone, identity: { exact: 'stranger@example.com' } };
    const policy = bench.policy({ authorities: [stranger, pattern, bench.someone] });
    expect(verifyMaterial(bench.keyless(), policy)).toMatchObject({
      signer: { authority: pattern, authorities: [pattern, bench.someone] },
    });
  });
});

describe('signing case 12: an issuer', () => {
  test.each<[string, string, IdentityAuthority['issuer'], boolean]>([
    ['the same', 'https://accounts.google.com', { exact: 'https://accounts.google.com' }, true],
    [
      'with more behind it',
      'https://accounts.google.com.evil',
      { exact: 'https://accounts.google.com' },
      false,
    ],
    [
      'a pattern, with more behind it',
      'https://accounts.google.com.evil',
      { pattern: 'https://accounts\\.google\\.com' },
      false,
    ],
    [
      'with more before it',
      'xhttps://accounts.google.com',
      { pattern: 'https://accounts\\.google\\.com' },
      false,
    ],
    ['with a slash', 'https://accounts.google.com/', { exact: 'https://accounts.google.com' }, false],
    [
      'with a line break',
      'https://accounts.google.com\n',
      { pattern: '(?s)https://accounts\\.google\\.com.*' },
      false,
    ],
  ])('%s', (_, url, issuer, expected) => {
    expect(isTrusted({ facts: { 1: url, 8: url } }, { issuer })).toBe(expected);
  });

  test('in the old place alone is taken, and the new place goes first', () => {
    expect(isTrusted({ facts: { 1: issuerUrl, 8: '' } }, {})).toBe(true);
    expect(isTrusted({ facts: { 1: '', 8: issuerUrl } }, {})).toBe(true);
    expect(isTrusted({ facts: { 1: issuerUrl, 8: 'https://other.example.com' } }, {})).toBe(false);
    expect(isTrusted({ facts: { 1: 'https://other.example.com', 8: issuerUrl } }, {})).toBe(true);
    expect(isTrusted({ facts: { 1: '', 8: '' } }, { issuer: { pattern: '.*' } })).toBe(false);
  });
});

describe('the claims of a workflow', () => {
  const facts = { 2: 'push', 3: 'abc', 4: 'Release', 5: 'acme/app', 6: 'refs/heads/main' };
  const claims = {
    trigger: 'push',
    sha: 'abc',
    name: 'Release',
    repository: 'acme/app',
    ref: 'refs/heads/main',
  };

  test('have to be there to the letter', () => {
    expect(isTrusted({ facts }, { workflow: claims })).toBe(true);
    expect(isTrusted({ facts }, { workflow: {} })).toBe(true);
    expect(isTrusted({ facts }, { workflow: { ref: undefined } })).toBe(true);
    for (const name of Object.keys(claims)) {
      for (const value of ['', 'other', 'acme', '.*']) {
        expect(isTrusted({ facts }, { workflow: { ...claims, [name]: value } })).toBe(false);
      }
    }
    expect(isTrusted({}, { workflow: { repository: 'acme/app' } })).toBe(false);
  });
});

describe('patterns', () => {
  test.each([
    ['an empty one', '', /empty/],
    ['one that is not closed', '(', /cannot be read/],
    ['look-ahead', '(?=a)', /cannot be read/],
    ['a back-reference', '(a)\\1', /cannot be read/],
    ['one that is too long', 'a'.repeat(1001), /too long/],
    ['one that counts too far', 'a{1001}', /cannot be read/],
    ['one that counts counts', '((a{100}){100}){100}', /cannot be read/],
  ])('%s is an error of the policy', (_, pattern, text) => {
    expect(() => textMatcher({ pattern }, 'identity')).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_TRUST_POLICY', message: expect.stringMatching(text) }),
    );
  });

  test('signing case 12: none takes longer than a moment', () => {
    const start = performance.now();
    for (const pattern of [
      '(a+)+$',
      '(a|aa)+',
      '(.*a){20}',
      '^(([a-z])+.)+[A-Z]([a-z])+$',
      '(x+x+)+y',
      '((a?){30}){30}',
    ]) {
      const matches = textMatcher({ pattern }, 'identity');
      matches(`${'a'.repeat(10_000)}!`);
      matches('x'.repeat(10_000));
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('a text made literal matches itself alone', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.string({ maxLength: 40 }), (text, other) => {
        const matches = textMatcher({ pattern: literal(text) }, 'identity');
        expect(matches(text)).toBe(true);
        expect(matches(other)).toBe(text === other);
      }),
    );
  });

  test.each([
    ['^a$', false],
    ['^a.*b$', false],
    ['(?i)^a$', false],
    ['\\Aa\\z', false],
    ['^(a|b)$', false],
    ['^[a|b]$', false],
    ['^[]|]$', false],
    ['^a\\|b$', false],
    ['^a\\\\$', false],
    ['a', true],
    ['^a', true],
    ['a$', true],
    ['^a\\$', true],
    ['^a|b$', true],
    ['^(a)|(b)$', true],
    ['', true],
  ])('%j would mean something else to cosign: %s', (pattern, expected) => {
    expect(looksUnanchored(pattern)).toBe(expected);
  });
});

describe('a workflow of GitHub', () => {
  function certificateOf(claims: Record<string, string> = {}): CertificateOptions {
    return {
      claims: {
        iss: githubIssuer,
        job_workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main',
        repository: 'acme/app',
        event_name: 'push',
        sha: 'abc',
        workflow: 'Release',
        ref: 'refs/heads/main',
        ...claims,
      },
    };
  }

  function trusts(given: GitHubWorkflow, claims: Record<string, string> = {}): boolean {
    return isTrusted(certificateOf(claims), githubIdentity(given));
  }

  test.each<[GitHubWorkflow]>([
    [{ repo: 'acme/app' }],
    [{ repo: 'acme/app', workflow: 'release.yml' }],
    [{ repo: 'acme/app', workflow: '.github/workflows/release.yml' }],
    [{ repo: 'acme/app', workflow: 'acme/app/.github/workflows/release.yml' }],
    [{ repo: 'acme/app', ref: 'refs/heads/main' }],
    [{ repo: 'acme/app', workflow: 'release.yml', ref: 'refs/heads/main' }],
  ])('%j is it, and nobody else', (given) => {
    expect(trusts(given)).toBe(true);
    const file = 'release.yml@refs/heads/main';
    for (const other of [
      `acme/app-evil/.github/workflows/${file}`,
      `acme-evil/app/.github/workflows/${file}`,
      `evil/acme/app/.github/workflows/${file}`,
      `acme/app/.github/workflows/x/../../../../../evil/app/.github/workflows/${file}`,
      `acme/app/.github/other/${file}`,
    ]) {
      expect(trusts(given, { job_workflow_ref: other })).toBe(false);
      expect(trusts(given, { job_workflow_ref: other, repository: 'evil/app' })).toBe(false);
    }
    expect(trusts(given, { iss: 'https://token.actions.githubusercontent.com.evil' })).toBe(false);
    // Others can call a reusable workflow; they are not its repository.
    expect(trusts(given, { repository: 'evil/app' })).toBe(false);
  });

  test('file and ref have to be those that are named', () => {
    const at = (path: string): Record<string, string> => ({
      job_workflow_ref: `acme/app/.github/workflows/${path}`,
    });
    expect(trusts({ repo: 'acme/app', workflow: 'release.yml' }, at('release.yml@refs/tags/v1'))).toBe(true);
    expect(trusts({ repo: 'acme/app', workflow: 'release.yml' }, at('releaseXyml@refs/tags/v1'))).toBe(false);
    expect(trusts({ repo: 'acme/app', workflow: 'release.yml' }, at('other.yml@refs/heads/main'))).toBe(
      false,
    );
    expect(trusts({ repo: 'acme/app', ref: 'refs/heads/main' }, at('other.yml@refs/heads/main'))).toBe(true);
    expect(trusts({ repo: 'acme/app', ref: 'refs/heads/main' }, at('release.yml@refs/heads/main2'))).toBe(
      false,
    );
    expect(trusts({ repo: 'acme/app', ref: 'refs/heads/main' }, at('a@refs/heads/b@refs/heads/main'))).toBe(
      false,
    );
    expect(trusts({ repo: 'acme/app', ref: 'refs/tags/v1.0' }, at('release.yml@refs/tags/v1x0'))).toBe(false);
  });

  test('a reusable workflow of another repository', () => {
    const given = { repo: 'acme/app', workflow: 'acme/ci/.github/workflows/sign.yml' };
    const job = { job_workflow_ref: 'acme/ci/.github/workflows/sign.yml@refs/heads/main' };
    expect(trusts(given, job)).toBe(true);
    expect(trusts(given, { ...job, repository: 'acme/other' })).toBe(false);
    expect(trusts({ repo: 'acme/app' }, job)).toBe(false);
  });

  test('dots and brackets in names are nothing but themselves', () => {
    const claims = {
      repository: 'acme/a.b',
      job_workflow_ref: 'acme/aXb/.github/workflows/x.yml@refs/heads/main',
    };
    expect(trusts({ repo: 'acme/a.b' }, claims)).toBe(false);
    expect(
      trusts(
        { repo: 'acme/a.b' },
        { ...claims, job_workflow_ref: claims.job_workflow_ref.replace('aXb', 'a.b') },
      ),
    ).toBe(true);
  });

  test.each<[GitHubWorkflow]>([
    [{ repo: 'app' }],
    [{ repo: '' }],
    [{ repo: 'acme/app/more' }],
    [{ repo: 'acme/.*|x' }],
    [{ repo: 'https://github.com/acme/app' }],
    [{ repo: 'acme/app', workflow: 'release' }],
    [{ repo: 'acme/app', workflow: 'x/release.yml' }],
    [{ repo: 'acme/app', workflow: '../release.yml' }],
    [{ repo: 'acme/app', workflow: 'release.yml@refs/heads/main' }],
    [{ repo: 'acme/app', ref: 'main' }],
    [{ repo: 'acme/app', ref: '' }],
    [{ repo: 'acme/app', ref: 'refs/heads/a b' }],
  ])('%j is refused', (given) => {
    expect(() => githubIdentity(given)).toThrow(expect.objectContaining({ code: 'ERR_LADING_TRUST_POLICY' }));
  });
});
