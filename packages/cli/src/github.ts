import type { ConfigPosition } from '@lading/config';
import type { Context } from './context.ts';
import type { Failure } from './failure.ts';

/** GitHub drops annotations beyond this many per step, silently. */
const maxAnnotations = 10;

export interface AnnotatedFailure {
  readonly subject: string;
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

/** A workflow command (docs.github.com, Workflow commands for GitHub Actions). */
function annotation({ subject, failure, position }: AnnotatedFailure): string {
  const { code, side, message, hint } = failure;
  const place =
    position === undefined ? [] : [`file=${escapeProperty(position.file)}`, `line=${position.line}`];
  const properties = [...place, `title=${escapeProperty(code)}`].join(',');
  const text = [
    `${subject}${side === undefined ? '' : ` (${side})`}: ${message}`,
    ...(hint === undefined ? [] : [hint]),
  ];
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
