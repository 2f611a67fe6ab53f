import type { ConfigIssue, ConfigPosition } from '@lading/config';
import type { PlannedImage } from '@lading/sync';
import type { Context } from './context.ts';
import { describeFailure, type Failure } from './failure.ts';
import type { PositionOf } from './render/plan.ts';

/** GitHub drops annotations beyond this many per step, silently. */
const maxAnnotations = 10;

export interface AnnotatedFailure {
  /** What failed; nothing when the message says it. */
  readonly subject?: string | undefined;
  readonly failure: Failure;
  /** The line of the configuration that it is about. */
  readonly position: ConfigPosition | undefined;
}

/** Folds the lines of a run away in the log of a GitHub workflow; elsewhere nothing. */
export function openLogGroup({ env, stderr }: Pick<Context, 'env' | 'stderr'>, title: string): Disposable {
  if (!onGitHub(env)) return { [Symbol.dispose]: () => undefined };
  stderr.write(`::group::${escapeData(title)}\n`);
  return { [Symbol.dispose]: () => void stderr.write('::endgroup::\n') };
}

/** Marks failures at their lines of the configuration where a GitHub workflow runs. */
export function annotate(
  { env, stderr }: Pick<Context, 'env' | 'stderr'>,
  failures: readonly AnnotatedFailure[],
): void {
  if (!onGitHub(env)) return;
  for (const failure of failures.slice(0, maxAnnotations)) stderr.write(`${annotation(failure)}\n`);
}

/** Marks the images that failed, and those that were not let in, at their entries. */
export function annotateImages(
  context: Pick<Context, 'env' | 'stderr'>,
  results: readonly ImageResult[],
  positionOf: PositionOf,
): void {
  const bad = results.filter(
    ({ outcome, reason }) => outcome === 'failed' || reason?.code === 'not-admitted',
  );
  annotate(
    context,
    bad.slice(0, maxAnnotations).map(({ image, error }) => ({
      subject: image.destination,
      failure: describeFailure(error),
      position: positionOf(image),
    })),
  );
}

/** Marks mistakes in a configuration at their lines. */
export function annotateIssues(
  context: Pick<Context, 'env' | 'stderr'>,
  code: string,
  issues: readonly ConfigIssue[],
): void {
  annotate(
    context,
    issues.map((issue) => ({ failure: { code, message: issue.message, hint: issue.hint }, position: issue })),
  );
}

/** How it went with an image, as far as annotations want to know. */
interface ImageResult extends Pick<PlannedImage, 'reason' | 'error'> {
  readonly image: PlannedImage;
  readonly outcome: string;
}

/** A workflow command (docs.github.com, Workflow commands for GitHub Actions). */
function annotation({ subject, failure, position }: AnnotatedFailure): string {
  const { code, side, message, hint } = failure;
  const place =
    position === undefined ? [] : [`file=${escapeProperty(position.file)}`, `line=${position.line}`];
  const properties = [...place, `title=${escapeProperty(code)}`].join(',');
  const about = [subject, side && `(${side})`].filter(Boolean).join(' ');
  const text = [about === '' ? message : `${about}: ${message}`, ...(hint === undefined ? [] : [hint])];
  return `::error ${properties}::${escapeData(text.join('\n'))}`;
}

function onGitHub(env: Context['env']): boolean {
  return env.GITHUB_ACTIONS === 'true';
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
