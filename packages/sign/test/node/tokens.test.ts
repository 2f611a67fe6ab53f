import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TokensOptions, tokens } from '../../src/node/index.ts';
import { expectedIdentity } from '../../src/services/expected-identity.ts';
import { parseIdentityToken } from '../../src/services/identity-token.ts';
import { type Double, double, failureOf, testClock } from '../services/support/double.ts';

const start = Date.UTC(2026, 0, 2);

function jwt(claims: Readonly<Record<string, unknown>> = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = {
    iss: 'https://issuer.example',
    sub: 'who',
    aud: 'sigstore',
    exp: start / 1000 + 600,
    ...claims,
  };
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}.${Buffer.from('the signature itself').toString('base64url')}`;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-tokens-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Every place has a token, each with its own subject. */
async function everywhere(gitHub: Double, buildkite: Double): Promise<TokensOptions> {
  const kubernetesFile = join(folder, 'oidc-token');
  await writeFile(kubernetesFile, `${jwt({ sub: 'kubernetes' })}\n`);
  return {
    identityToken: jwt({ sub: 'explicit' }),
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${gitHub.url}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-secret-of-the-request',
      SIGSTORE_ID_TOKEN: jwt({ sub: 'variable' }),
      BUILDKITE_AGENT_ACCESS_TOKEN: 'the-secret-of-the-agent',
      BUILDKITE_AGENT_ENDPOINT: buildkite.url,
      BUILDKITE_JOB_ID: 'job/1',
    },
    kubernetesFile,
    clock: testClock(start),
    random: () => 0,
  };
}

const none: TokensOptions = { env: {}, kubernetesFile: '/nowhere/at/all', clock: testClock(start) };

async function doubles(): Promise<{ readonly gitHub: Double; readonly buildkite: Double } & AsyncDisposable> {
  const gitHub = await double(() => ({ body: JSON.stringify({ value: jwt({ sub: 'github' }) }) }));
  const buildkite = await double(() => ({ body: JSON.stringify({ token: jwt({ sub: 'buildkite' }) }) }));
  return {
    gitHub,
    buildkite,
    async [Symbol.asyncDispose]() {
      await gitHub[Symbol.asyncDispose]();
      await buildkite[Symbol.asyncDispose]();
    },
  };
}

describe('tokens', () => {
  test('come from the first of the places, in a fixed order', async () => {
    await using both = await doubles();
    const all = await everywhere(both.gitHub, both.buildkite);
    const subjects: unknown[] = [];
    const leave: readonly ((options: TokensOptions) => TokensOptions)[] = [
      (options) => options,
      ({ identityToken: _, ...rest }) => rest,
      (options) => ({ ...options, env: { ...options.env, ACTIONS_ID_TOKEN_REQUEST_URL: '' } }),
      (options) => ({ ...options, env: { ...options.env, SIGSTORE_ID_TOKEN: undefined } }),
      (options) => ({ ...options, kubernetesFile: '/nowhere' }),
    ];
    let options = all;
    for (const step of leave) {
      options = step(options);
      subjects.push((await tokens(options).token()).claims.sub);
    }
    expect(subjects).toEqual(['explicit', 'github', 'variable', 'kubernetes', 'buildkite']);
  });

  test('of GitHub are asked for the audience, with the secret of the request', async () => {
    await using both = await doubles();
    const { identityToken: _, ...options } = await everywhere(both.gitHub, both.buildkite);
    await tokens({ ...options, audience: 'sigstore' }).token();
    expect(both.gitHub.requests[0]).toMatchObject({
      method: 'GET',
      url: '/token?api-version=2&audience=sigstore',
      headers: { authorization: 'bearer the-secret-of-the-request' },
    });
  });

  test('of Buildkite are asked for the job', async () => {
    await using both = await doubles();
    const { env } = await everywhere(both.gitHub, both.buildkite);
    await tokens({
      ...none,
      env: { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: '', SIGSTORE_ID_TOKEN: '' },
    }).token();
    expect(both.buildkite.requests[0]).toMatchObject({
      method: 'POST',
      url: '/jobs/job%2F1/oidc/tokens',
      headers: { authorization: 'Token the-secret-of-the-agent' },
    });
    expect(both.buildkite.requests[0]!.body.toString()).toBe('{"audience":"sigstore"}');
  });

  test('are kept while they are good, and no longer', async () => {
    await using both = await doubles();
    const clock = testClock(start);
    const { identityToken: _, ...options } = await everywhere(both.gitHub, both.buildkite);
    const source = tokens({ ...options, clock });
    await source.token();
    await source.token();
    expect(both.gitHub.requests).toHaveLength(1);
    clock.pass(550_000);
    await source.token();
    expect(both.gitHub.requests).toHaveLength(2);
  });

  test('can be in a file that is named', async () => {
    const path = join(folder, 'given');
    await writeFile(path, ` ${jwt({ sub: 'of the file' })}\n`);
    expect((await tokens({ ...none, identityToken: path }).token()).claims.sub).toBe('of the file');
  });

  test('are not looked for in all of a file that is larger than any token', async () => {
    const path = join(folder, 'image.tar');
    await writeFile(path, jwt());
    await truncate(path, 3 * 1024 ** 3);
    const failure = await failureOf(tokens({ ...none, identityToken: path }).token());
    expect(failure.message).toBe('what --identity-token gives is no identity token');
  });

  test('are not there: the error lists where they were looked for', async () => {
    const failure = await failureOf(tokens(none).token());
    expect(failure.code).toBe('ERR_LADING_TOKEN');
    for (const place of [
      '--identity-token',
      'ACTIONS_ID_TOKEN_REQUEST_URL',
      'SIGSTORE_ID_TOKEN',
      '/var/run/sigstore/cosign/oidc-token',
      'BUILDKITE_AGENT_ACCESS_TOKEN',
    ]) {
      expect(failure.message).toContain(place);
    }
  });

  test.each([
    ['GITHUB_ACTIONS', 'id-token: write'],
    ['GITLAB_CI', 'id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}'],
    ['CIRCLECI', 'circleci run oidc get'],
  ])('are not there in %s: the hint says how to get one', async (name, words) => {
    const failure = await failureOf(tokens({ ...none, env: { [name]: 'true' } }).token());
    expect(failure.hint).toContain(words);
  });

  test('that should be there and cannot be had are an error: no other one is taken', async () => {
    await using gitHub = await double(() => ({ status: 403, body: '{"message":"no"}' }));
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: gitHub.url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-secret-of-the-request',
      SIGSTORE_ID_TOKEN: jwt(),
    };
    const failure = await failureOf(tokens({ ...none, env }).token());
    expect(failure).toMatchObject({ code: 'ERR_LADING_TOKEN', status: 403, service: 'GitHub Actions' });
    expect(failure.hint).toContain('id-token: write');
  });

  test('signing case 26: three tries', async () => {
    await using gitHub = await double((_, index) =>
      index < 3 ? { status: 500 } : { body: JSON.stringify({ value: jwt() }) },
    );
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: gitHub.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret-secret' };
    await tokens({ ...none, env }).token();
    expect(gitHub.requests).toHaveLength(3);
    await using dead = await double(() => ({ hangUp: true }));
    const failure = await failureOf(
      tokens({ ...none, env: { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: dead.url } }).token(),
    );
    expect(failure.code).toBe('ERR_LADING_TOKEN');
    expect(dead.requests).toHaveLength(3);
  });

  test('signing case 29: the secret of the request does not go out in the clear', async () => {
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://actions.example.com/token',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-secret-of-the-request',
    };
    const failure = await failureOf(tokens({ ...none, env }).token());
    expect(failure).toMatchObject({ code: 'ERR_LADING_TOKEN' });
    expect(failure.message).toContain('without TLS');
  });

  const unusable: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    [
      'for another audience',
      { aud: 'https://github.com/acme' },
      /is for "https:\/\/github.com\/acme", not for "sigstore"/,
    ],
    ['for nobody', { aud: undefined }, /is for nobody/],
    ['for others', { aud: ['a', 'b', 7] }, /is for "a", "b", not/],
    ['that has expired', { exp: start / 1000 - 61 }, /has expired at 2026-01-01T23:58:59/],
    ['with an address that is not verified', { email: 'a@example.com' }, /not verified/],
    [
      'with an address that is said not to be verified',
      { email: 'a@example.com', email_verified: false },
      /not verified/,
    ],
    ['of nobody', { sub: undefined }, /names nobody/],
  ];
  test.each(unusable)('signing case 26: one %s is refused', async (_, claims, words) => {
    const given = jwt(claims);
    const failure = await failureOf(tokens({ ...none, identityToken: given }).token());
    expect(failure.code).toBe('ERR_LADING_TOKEN');
    expect(failure.message).toMatch(words);
    expect(failure.hint).toBeDefined();
  });

  const usable: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['with several audiences', { aud: ['other', 'sigstore'] }],
    ['that ended a moment ago by a clock that may be wrong', { exp: start / 1000 - 30 }],
    ['with a verified address', { email: 'a@example.com', email_verified: true }],
    ['with an address that is verified in a text', { email: 'a@example.com', email_verified: 'true' }],
    ['without an end', { exp: undefined }],
  ];
  test.each(usable)('one %s is taken', async (_, claims) => {
    await tokens({ ...none, identityToken: jwt(claims) }).token();
  });

  test('another audience can be asked for', async () => {
    await tokens({ ...none, audience: 'other', identityToken: jwt({ aud: 'other' }) }).token();
  });

  test('signing case 26: nothing shows a token or a secret', async () => {
    const secretWords = ['the-secret-of-the-request', ...jwt({ sub: 'secret subject' }).split('.')];
    const token = jwt({ sub: 'secret subject' });
    const env = { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-secret-of-the-request' };
    const bodies = [
      token,
      `{"message":"${token}"}`,
      '{"value":7}',
      `{"value":"${token}`,
      `{"value":"${token.slice(0, -5)}!"}`,
    ];
    const failures: unknown[] = [];
    for (const [index, body] of bodies.entries()) {
      for (const status of [200, 400, 500]) {
        await using gitHub = await double(() => ({
          status,
          body: `${body}${index === 1 ? '' : ' the-secret-of-the-request'}`,
        }));
        const options = {
          ...none,
          env: { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: `${gitHub.url}/?secret=the-secret-of-the-request` },
        };
        failures.push(await failureOf(tokens(options).token()));
      }
    }
    // A slip in what is given: neither a token nor a file.
    for (const given of [
      `${token} x`,
      `"${token}"`,
      `/${token}`,
      `${token}.${token}`,
      token.replaceAll('.', '/'),
    ]) {
      failures.push(await failureOf(tokens({ ...none, identityToken: given }).token()));
    }
    for (const claims of [{ aud: 'x' }, { exp: 1 }, { email: 'x@example.com' }]) {
      failures.push(
        await failureOf(
          tokens({ ...none, identityToken: jwt({ sub: 'secret subject', ...claims }) }).token(),
        ),
      );
    }
    const good = await tokens({ ...none, identityToken: token }).token();
    for (const each of [...failures, good, tokens({ ...none, identityToken: token })]) {
      const { hint, stack } = each as { hint?: string; stack?: string };
      const shown = `${inspect(each, { depth: 9, showHidden: true })}${JSON.stringify(each)}${String(each)}${hint}${stack}`;
      // The first part is the same in every token and no secret.
      for (const secret of secretWords.filter(
        (word) => word !== token.split('.')[0] && !(each === good && word === token.split('.')[1]),
      )) {
        expect(shown).not.toContain(secret);
      }
    }
    expect(failures).toHaveLength(23);
  });

  test('are not waited for by one who gives up', async () => {
    await using gitHub = await double(() => ({ hang: true }));
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: gitHub.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret-secret' };
    const reason = new Error('enough');
    expect(await failureOf(tokens({ ...none, env }).token({ signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    const later = new AbortController();
    setTimeout(() => later.abort(reason), 50);
    expect(await failureOf(tokens({ ...none, env }).token({ signal: later.signal }))).toBe(reason);
  });
});

describe('expectedIdentity', () => {
  const gitHub = 'https://token.actions.githubusercontent.com';
  const workflow = 'acme/app/.github/workflows/release.yml@refs/tags/v1';
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, object | undefined])[] = [
    [
      'GitHub',
      { iss: gitHub, job_workflow_ref: workflow },
      { identity: `https://github.com/${workflow}`, issuer: gitHub },
    ],
    [
      'GitHub for an enterprise',
      { iss: `${gitHub}/acme`, job_workflow_ref: workflow },
      { identity: `https://github.com/${workflow}`, issuer: `${gitHub}/acme` },
    ],
    ['GitHub without a workflow', { iss: gitHub }, undefined],
    ['who looks like GitHub', { iss: `${gitHub}.evil.example`, job_workflow_ref: workflow }, undefined],
    [
      'GitLab',
      { iss: 'https://gitlab.com', ci_config_ref_uri: 'gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main' },
      {
        identity: 'https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main',
        issuer: 'https://gitlab.com',
      },
    ],
    [
      'Buildkite',
      { iss: 'https://agent.buildkite.com', organization_slug: 'acme', pipeline_slug: 'app' },
      { identity: 'https://buildkite.com/acme/app', issuer: 'https://agent.buildkite.com' },
    ],
    [
      'a person',
      { iss: 'https://accounts.google.com', email: 'a@example.com', email_verified: true },
      { identity: 'a@example.com', issuer: 'https://accounts.google.com' },
    ],
    [
      'a person whom another issuer recognised',
      {
        iss: 'https://oauth2.sigstore.dev/auth',
        email: 'a@example.com',
        email_verified: true,
        federated_claims: { connector_id: 'https://github.com/login/oauth' },
      },
      { identity: 'a@example.com', issuer: 'https://github.com/login/oauth' },
    ],
    [
      'a workload',
      { iss: 'https://spiffe.example', sub: 'spiffe://example.com/app' },
      { identity: 'spiffe://example.com/app', issuer: 'https://spiffe.example' },
    ],
    ['what Fulcio names in its own way', { iss: 'https://issuer.example', sub: 'who' }, undefined],
    ['nobody’s', { iss: undefined }, undefined],
  ];
  test.each(cases)('of %s', (_, claims, identity) => {
    expect(expectedIdentity(parseIdentityToken(jwt(claims), 'the test'))).toEqual(identity);
  });
});
