import { type Author, type DocumentOptions, type GitHubSnapshotOptions, parseAuthor } from '@lading/sbom';
import type { Context } from '../context.ts';
import { tool } from '../tool.ts';
import { usageError } from '../usage.ts';
import type { Invocation } from '../verb.ts';

/** What a document says of itself: who made it, when, and by whose will. */
export function documentOptions(
  { context, options }: Pick<Invocation, 'context' | 'options'>,
  made?: Date,
): DocumentOptions {
  return {
    tool,
    timestamp: sourceDate(context) ?? made,
    author: options.author === undefined ? undefined : authorOf(options.author),
  };
}

/** `SOURCE_DATE_EPOCH`: seconds since 1970 (reproducible-builds.org). */
export function sourceDate({ env }: Pick<Context, 'env'>): Date | undefined {
  const { SOURCE_DATE_EPOCH: text } = env;
  if (!text) return undefined;
  if (/^\d{1,11}$/.test(text)) return new Date(Number(text) * 1000);
  throw usageError(
    `SOURCE_DATE_EPOCH is no time: ${JSON.stringify(text)}`,
    'It is a whole number of seconds since 1970.',
  );
}

function authorOf(text: string): Author {
  const author = parseAuthor(text);
  if (author === undefined) throw usageError('--author names nobody', 'Write --author "NAME <ADDRESS>".');
  return author;
}

/**
 * What a dependency snapshot has to say of the run it comes from, by the variables that GitHub Actions sets.
 * @throws {LadingError} `ERR_LADING_USAGE`: there are none
 */
export function githubOptions(
  { env }: Pick<Context, 'env'>,
  subject: string,
): Omit<GitHubSnapshotOptions, keyof DocumentOptions> {
  const { GITHUB_SHA: sha, GITHUB_REF: ref, GITHUB_JOB: job, GITHUB_WORKFLOW: workflow } = env;
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  if (!sha || !/^[0-9a-f]{40}$/.test(sha) || !ref) {
    throw usageError(
      'the format github belongs to a commit, and none is named',
      'GitHub Actions sets GITHUB_SHA and GITHUB_REF; elsewhere set them to the commit and, for example, refs/heads/main.',
    );
  }
  return {
    sha,
    ref,
    // The one address that lading has wherever it is published.
    toolUrl: 'pkg:npm/lading',
    job: {
      id: run || job || 'lading',
      correlator: [workflow, job, subject].filter(Boolean).join(' '),
      htmlUrl: server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined,
    },
  };
}
