import { type ExitCode, exitCodeOfFailure, exitCodes } from './exit-codes.ts';
import { describeFailure, type Failure } from './failure.ts';
import { renderFailure } from './render/failure.ts';
import type { Invocation } from './verb.ts';

/** What became of one image of the command line. */
export type Outcome<T> =
  | { readonly image: string; readonly value: T; readonly failure?: undefined }
  | { readonly image: string; readonly value?: undefined; readonly failure: Failure };

/** Images in work at once. */
const defaultConcurrency = 16;

/**
 * Works on the images of a command line, a few at once. One that fails stops no other; its error is shown when its turn comes.
 * @param show Told of each that went well, in the order of the command line.
 */
export async function eachImage<T>(
  { args, options, context, output }: Invocation,
  work: (image: string) => Promise<T>,
  show: (value: T, image: string) => void,
): Promise<readonly Outcome<T>[]> {
  const { signal } = context;
  const outcomes = args.map(() => Promise.withResolvers<Outcome<T>>());
  const queue = args.entries();
  const worker = async (): Promise<void> => {
    for (const [index, image] of queue) {
      outcomes[index]!.resolve(
        await settled(image, async () => {
          signal.throwIfAborted();
          return await work(image);
        }),
      );
    }
  };
  const workers = Array.from({ length: options.concurrency ?? defaultConcurrency }, worker);
  const done: Outcome<T>[] = [];
  for (const { promise } of outcomes) {
    const outcome = await promise;
    // Those that come after an interruption would all say the same.
    if (signal.aborted) break;
    done.push(outcome);
    if (outcome.failure === undefined) show(outcome.value, outcome.image);
    else {
      const subject = args.length > 1 ? outcome.image : '';
      for (const line of renderFailure(outcome.failure, output.paint, subject)) output.warn(line);
    }
  }
  await Promise.all(workers);
  signal.throwIfAborted();
  return done;
}

async function settled<T>(image: string, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { image, value: await work() };
  } catch (error) {
    return { image, failure: describeFailure(error) };
  }
}

/** Of several failures the one that is told first in the table of exit codes; 7 when nothing but some of the images failed otherwise. */
export function exitCodeOfOutcomes(
  outcomes: readonly { readonly failure?: Failure | undefined }[],
): ExitCode {
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  if (failures.length === 0) return exitCodes.ok;
  const codes = failures.map(exitCodeOfFailure);
  const special = [exitCodes.usage, exitCodes.authentication, exitCodes.verification].find((code) =>
    codes.includes(code),
  );
  return special ?? (failures.length < outcomes.length ? exitCodes.someEntriesFailed : exitCodes.failed);
}
