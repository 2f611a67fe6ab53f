import {
  githubIdentity,
  type IdentityAuthority,
  looksUnanchored,
  type TextMatch,
  type TrustPolicy,
} from '@lading/sign';
import type { Options } from './options.ts';
import type { Output } from './output.ts';
import { openTrust } from './trust.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** Whose signatures the command line says that count, and how many of them it takes. */
export interface TrustByOptions {
  readonly policy: TrustPolicy;
  readonly threshold: number | undefined;
}

/**
 * Whose signatures count.
 * @throws {LadingError} `ERR_LADING_USAGE`: nobody is named, or it is said by halves or twice.
 */
export async function openTrustByOptions(invocation: Invocation): Promise<TrustByOptions> {
  if (!namesSomebody(invocation.options)) {
    throw usageError(
      'it is not said whose signature counts',
      'Name a key (--key cosign.pub), an identity (--certificate-identity with --certificate-oidc-issuer), or a workflow (--github-repo OWNER/NAME).',
    );
  }
  const { options, output } = invocation;
  const { key = [], trustedRoot, transparency, threshold, insecureIgnoreTlog, insecureIgnoreSct } = options;
  if (key.length > 0 && identityOptions.some((name) => options[name] !== undefined)) {
    throw usageError(
      'a key and an identity are both named, and a signature is by one of them',
      'Leave out --key, or what names the identity. To ask for both, verify twice.',
    );
  }
  if (transparency !== undefined && transparency !== 'public') {
    throw usageError(
      `--transparency ${transparency} makes no sense in verifying`,
      '"public" asks for an entry of the public log; --trusted-root FILE for one of the logs that the file names.',
    );
  }
  if (insecureIgnoreTlog && transparency !== undefined) {
    throw usageError(
      '--transparency and --insecure-ignore-tlog contradict each other',
      'Leave one of them out.',
    );
  }
  const identity = identityByOptions(options, output);
  const policy = await openTrust(
    {
      keys: key,
      identities: identity && [identity],
      trustedRoot,
      log: insecureIgnoreTlog ? 'ignored' : transparency === 'public' ? 'required' : undefined,
      certificateLog: insecureIgnoreSct ? 'ignored' : undefined,
    },
    invocation,
  );
  return { policy, threshold };
}

/** As `openTrustByOptions`, for commands that do without. */
export async function openNamedTrust(invocation: Invocation): Promise<TrustByOptions | undefined> {
  return namesSomebody(invocation.options) ? await openTrustByOptions(invocation) : undefined;
}

const identityOptions = [
  'certificateIdentity',
  'certificateIdentityRegexp',
  'certificateOidcIssuer',
  'certificateOidcIssuerRegexp',
  'githubRepo',
  'githubWorkflow',
  'githubRef',
  'certificateGithubWorkflowTrigger',
  'certificateGithubWorkflowSha',
  'certificateGithubWorkflowName',
  'certificateGithubWorkflowRepository',
  'certificateGithubWorkflowRef',
] as const satisfies readonly (keyof Options)[];

function namesSomebody(options: Options): boolean {
  return (options.key ?? []).length > 0 || identityOptions.some((name) => options[name] !== undefined);
}

function identityByOptions(options: Options, output: Pick<Output, 'warn'>): IdentityAuthority | undefined {
  if (!identityOptions.some((name) => options[name] !== undefined)) return undefined;
  const workflow = {
    trigger: options.certificateGithubWorkflowTrigger,
    sha: options.certificateGithubWorkflowSha,
    name: options.certificateGithubWorkflowName,
    repository: options.certificateGithubWorkflowRepository,
    ref: options.certificateGithubWorkflowRef,
  };
  const github = githubByOptions(options);
  if (github !== undefined) {
    const asked = Object.entries(workflow).filter(([, value]) => value !== undefined);
    return { ...github, workflow: { ...github.workflow, ...Object.fromEntries(asked) } };
  }
  const {
    certificateIdentity,
    certificateIdentityRegexp,
    certificateOidcIssuer,
    certificateOidcIssuerRegexp,
  } = options;
  const identity = textMatch('certificate-identity', certificateIdentity, certificateIdentityRegexp, output);
  const issuer = textMatch(
    'certificate-oidc-issuer',
    certificateOidcIssuer,
    certificateOidcIssuerRegexp,
    output,
  );
  if (identity !== undefined && issuer !== undefined) return { kind: 'identity', identity, issuer, workflow };
  const missing = identity === undefined ? '--certificate-identity' : '--certificate-oidc-issuer';
  throw usageError(
    `an identity counts only together with the issuer that vouches for it: ${missing} is missing`,
    'For GitHub’s workflows --github-repo OWNER/NAME says both.',
  );
}

function githubByOptions(options: Options): IdentityAuthority | undefined {
  const { githubRepo: repo, githubWorkflow: workflow, githubRef: ref } = options;
  if (repo === undefined) {
    if (workflow === undefined && ref === undefined) return undefined;
    throw usageError(
      'it is not said of which repository the workflow is',
      'Name it: --github-repo OWNER/NAME.',
    );
  }
  if (identityOptions.slice(0, 4).some((name) => options[name] !== undefined)) {
    throw usageError(
      '--github-repo and --certificate-identity or --certificate-oidc-issuer name the identity twice',
      'Leave one of them out: --github-repo says identity and issuer.',
    );
  }
  return githubIdentity({ repo, workflow, ref });
}

function textMatch(
  flag: string,
  exact: string | undefined,
  pattern: string | undefined,
  output: Pick<Output, 'warn'>,
): TextMatch | undefined {
  if (exact !== undefined && pattern !== undefined) {
    throw usageError(`--${flag} and --${flag}-regexp exclude each other`, 'Leave one of them out.');
  }
  if (pattern === undefined) return exact === undefined ? undefined : { exact };
  if (looksUnanchored(pattern)) {
    output.warn(
      `--${flag}-regexp ${pattern}: to cosign this matches also in the middle of a text; here it has to match the whole`,
    );
  }
  return { pattern };
}
