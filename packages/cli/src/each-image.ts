import { type ExitCode, exitCodeOfFailure, exitCodes } from './exit-codes.ts';
import { describeFailure, type Failure } from './failure.ts';
import { renderFailure } from './render/failure.ts';
import type { Invocation } from './verb.ts';

/** What became of one image of the command line, without what is not needed any more: there may be thousands. */
export interface Outcome {
  readonly failure?: Failure | undefined;
  /** For `--json`; nothing without. */
  readonly document?: object | undefined;
}

/** How what became of an image is told. */
export interface Telling<T> {
  /** In lines; called in the order of the command line. */
  readonly show: (value: T) => void;
  /** As plain data. */
  readonly document: (value: T) => object;
  /** Where what came out well is a failure all the same, as a bad verdict is. */
  readonly failureOf?: (value: T) => Failure | undefined;
}

/** Images in work at once. */
const defaultConcurrency = 16;

/** Works on the images of a command line, a few at once. One that fails stops no other; its error is shown when its turn comes. */
export async function eachImage<T>(
  { args, options, context, output }: Invocation,
  work: (image: string) => Promise<T>,
  { show, document, failureOf }: Telling<T>,
): Promise<readonly Outcome[]> {
  const { signal } = context;
  const results = args.map(() => Promise.withResolvers<Result<T>>());
  const queue = args.entries();
  const worker = async (): Promise<void> => {
    for (const [index, image] of queue) {
      results[index]!.resolve(
        await settled(async () => {
          signal.throwIfAborted();
          return await work(image);
        }),
      );
    }
  };
  const workers = Array.from({ length: options.concurrency ?? defaultConcurrency }, worker);
  const done: Outcome[] = [];
  for (const [index, image] of args.entries()) {
    const result = await results[index]!.promise;
    // Those that come after an interruption would all say the same.
    if (signal.aborted) break;
    delete results[index];
    if ('failure' in result) {
      const { failure } = result;
      const subject = args.length > 1 ? image : '';
      for (const line of renderFailure(failure, output.paint, subject)) output.warn(line);
      done.push({ failure, document: { image, error: failure } });
    } else {
      const { value } = result;
      show(value);
      done.push({
        failure: failureOf?.(value),
        document: options.json ? { image, ...document(value) } : undefined,
      });
    }
  }
  await Promise.all(workers);
  signal.throwIfAborted();
  return done;
}

type Result<T> = { readonly value: T } | { readonly failure: Failure };

async function settled<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

/** Of several failures the one that is told first in the table of exit codes; 7 when nothing but some of the images failed otherwise. */
export function exitCodeOfOutcomes(outcomes: readonly Outcome[]): ExitCode {
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  if (failures.length === 0) return exitCodes.ok;
  const codes = failures.map(exitCodeOfFailure);
  const special = [exitCodes.usage, exitCodes.authentication, exitCodes.verification].find((code) =>
    codes.includes(code),
  );
  return special ?? (failures.length < outcomes.length ? exitCodes.someEntriesFailed : exitCodes.failed);
}
