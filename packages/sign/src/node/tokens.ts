import { LadingError } from '@lading/oci';
import { systemClock } from '../services/clock.ts';
import type { ServiceOptions } from '../services/http.ts';
import {
  checkIdentityToken,
  type IdentityToken,
  parseIdentityToken,
  type TokenSource,
} from '../services/identity-token.ts';
import { readBeginning } from './surroundings.ts';
import { buildkite, gitHubActions } from './token-services.ts';

export interface TokensOptions extends ServiceOptions {
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The token itself, or a file with it (`--identity-token`). It comes before all others. */
  readonly identityToken?: string | undefined;
  /** Whom the token has to be for. Default `sigstore`. */
  readonly audience?: string | undefined;
  /** Where Kubernetes puts a token, as a projected volume. Default as for cosign. */
  readonly kubernetesFile?: string | undefined;
}

/** All that a place is asked with. */
export interface TokenQuestion {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly audience: string;
  readonly options: TokensOptions;
  readonly signal: AbortSignal | undefined;
}

/** A place where a token may be. */
export interface TokenPlace {
  /** For messages. */
  readonly name: string;
  /** What shows that there is one. */
  readonly sign: string;
  /** The token, or nothing when there is none here. One that should be here and cannot be had is an error: no other is taken in its place. */
  find(question: TokenQuestion): Promise<string | undefined>;
}

const defaultKubernetesFile = '/var/run/sigstore/cosign/oidc-token';

const explicit: TokenPlace = {
  name: '--identity-token',
  sign: '--identity-token',
  async find({ options: { identityToken: given }, signal }) {
    if (given === undefined) return undefined;
    const text = given.trim();
    if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) && text.startsWith('eyJ')) return text;
    return readToken(text, signal, (code) => {
      // What was given may be a token with a slip in it: it is not shown.
      return new LadingError(
        'ERR_LADING_TOKEN',
        `--identity-token is neither a token nor a file that can be read (${code})`,
        { hint: 'A token (JWT) begins with eyJ and has three parts with dots between them.' },
      );
    });
  },
};

const variable: TokenPlace = {
  name: 'SIGSTORE_ID_TOKEN',
  sign: 'SIGSTORE_ID_TOKEN',
  find: async ({ env }) => env.SIGSTORE_ID_TOKEN || undefined,
};

const kubernetes: TokenPlace = {
  name: 'the token that Kubernetes projects',
  sign: defaultKubernetesFile,
  find({ options, signal }) {
    const file = options.kubernetesFile ?? defaultKubernetesFile;
    return readToken(file, signal, (code) =>
      code === 'ENOENT' || code === 'ENOTDIR'
        ? undefined
        : new LadingError('ERR_LADING_TOKEN', `${file} cannot be read (${code})`),
    );
  },
};

/** In the order in which they are asked: what is said on purpose first, then what is bound to the job that runs. */
const places: readonly TokenPlace[] = [explicit, gitHubActions, variable, kubernetes, buildkite];

/**
 * Identity tokens of wherever this runs. The order is fixed: a token that is given, GitHub Actions, `SIGSTORE_ID_TOKEN` (GitLab and others),
 * the file of Kubernetes, Buildkite. A token is kept until shortly before it ends.
 *
 * @throws {LadingError} `token()`: `ERR_LADING_TOKEN`
 */
export function tokens(options: TokensOptions = {}): TokenSource {
  const { env = process.env, audience = 'sigstore', clock = systemClock } = options;
  let kept: IdentityToken | undefined;
  return {
    async token({ signal } = {}) {
      signal?.throwIfAborted();
      if (kept !== undefined && lastsAfter(kept, clock.wall() + 60_000)) return kept;
      const token = await firstToken({ env, audience, options, signal });
      checkIdentityToken(token, { audience, now: clock.wall() });
      kept = token;
      return token;
    },
  };
}

function lastsAfter({ claims: { exp } }: IdentityToken, time: number): boolean {
  return typeof exp === 'number' && exp * 1000 > time;
}

async function firstToken(question: TokenQuestion): Promise<IdentityToken> {
  for (const place of places) {
    const found = await place.find(question);
    if (found !== undefined) return parseIdentityToken(found, place.name);
  }
  throw new LadingError('ERR_LADING_TOKEN', `there is no identity token; looked for ${listOfSigns()}`, {
    hint: noTokenHint(question),
  });
}

function listOfSigns(): string {
  return places.map(({ name, sign }) => (name === sign ? name : `${sign} (${name})`)).join(', ');
}

function noTokenHint({ env, audience }: TokenQuestion): string {
  if (env.GITHUB_ACTIONS === 'true') return 'the workflow needs  permissions: id-token: write';
  if (env.GITLAB_CI === 'true') {
    return `the job needs  id_tokens: {SIGSTORE_ID_TOKEN: {aud: ${audience}}}`;
  }
  if (env.CIRCLECI === 'true') {
    return `set SIGSTORE_ID_TOKEN to what  circleci run oidc get --claims '{"aud":"${audience}"}'  prints`;
  }
  return 'give one with --identity-token, or sign with a key';
}

async function readToken(
  path: string,
  signal: AbortSignal | undefined,
  failure: (code: string) => LadingError | undefined,
): Promise<string | undefined> {
  try {
    // A token is small: what is longer is another file.
    return Buffer.from(await readBeginning(path, signal)).toString('utf8');
  } catch (error) {
    signal?.throwIfAborted();
    const wrong = failure(String((error as { readonly code?: unknown }).code));
    if (wrong !== undefined) throw wrong;
    return undefined;
  }
}
