import { LadingError } from '@lading/oci';
import type { IdentityAuthority } from '../authority.ts';
import { literal } from './text-match.ts';

/** A workflow of GitHub Actions as a signer. */
export interface GitHubWorkflow {
  /** `OWNER/NAME`: where the workflow runs. */
  readonly repo: string;
  /** Its file: `release.yml`, or `OWNER/NAME/.github/workflows/FILE` for a reusable workflow of another repository. Default: any of the repository. */
  readonly workflow?: string | undefined;
  /** The ref that the workflow's file is from: `refs/heads/main`, `refs/tags/v1.0.0`, or a commit. Default: any. */
  readonly ref?: string | undefined;
}

/** The OIDC issuer of GitHub Actions. */
export const githubIssuer = 'https://token.actions.githubusercontent.com';

/**
 * Whoever a workflow of GitHub Actions signs as, without a pattern of one's own.
 *
 * The certificate names the workflow's file; it also has to be run by the repository, since others can call a reusable workflow.
 * @throws {LadingError} `ERR_LADING_TRUST_POLICY`
 * @see https://github.com/sigstore/fulcio/blob/v1.8.8/docs/oidc.md#github
 */
export function githubIdentity({ repo, workflow, ref }: GitHubWorkflow): IdentityAuthority {
  if (!/^[\w-]+\/[\w.-]+$/.test(repo)) throw unreadable('repository', repo, 'Write it as OWNER/NAME.');
  if (ref !== undefined && !/^(?:refs\/[\x21-\x7e]+|[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)) {
    throw unreadable('ref', ref, 'Write it in full: refs/heads/main, refs/tags/v1.0.0, or a commit.');
  }
  const file = workflow === undefined ? undefined : fileOf(workflow, repo);
  const identity =
    file !== undefined && ref !== undefined
      ? { exact: `${file}@${ref}` }
      : {
          pattern: [
            file === undefined ? `${literal(`${folderOf(repo)}/`)}[^/@]+` : literal(file),
            ref === undefined ? '.+' : literal(ref),
          ].join('@'),
        };
  return { kind: 'identity', identity, issuer: { exact: githubIssuer }, workflow: { repository: repo } };
}

function folderOf(repo: string): string {
  return `https://github.com/${repo}/.github/workflows`;
}

function fileOf(workflow: string, repo: string): string {
  const [, owner = repo, file] =
    /^(?:(?:([\w-]+\/[\w.-]+)\/)?\.github\/workflows\/)?([^/@\s]+\.ya?ml)$/.exec(workflow) ?? [];
  if (file !== undefined) return `${folderOf(owner)}/${file}`;
  throw unreadable('workflow', workflow, 'Give its file: release.yml, or OWNER/NAME/.github/workflows/FILE.');
}

function unreadable(what: string, value: string, hint: string): LadingError {
  return new LadingError('ERR_LADING_TRUST_POLICY', `${JSON.stringify(value)} is no ${what} of GitHub`, {
    hint,
  });
}
