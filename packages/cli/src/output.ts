import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ConfigIssue } from '@lading/config';
import { escapeSteeringInJson, LadingError } from '@lading/oci';
import type { Context } from './context.ts';
import { describeFailure, type Failure } from './failure.ts';
import { annotateIssues } from './github.ts';
import type { Options } from './options.ts';
import { type Paint, paintFor } from './paint.ts';
import { renderFailure } from './render/failure.ts';

/** The version of every JSON document that lading prints; changes when a reader of the former could break. */
const schemaVersion = 1;

/** Where a command's words go: results to stdout, everything else to stderr. */
export interface Output {
  /** A line of the result; nothing with `--json`, where `document` says it all. */
  result(line: string): void;
  /** A result that is bytes and not lines; resolves when they are out. */
  bytes(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
  /** The result with `--json`, or the last line with `--json-lines`. */
  document(document: object): void;
  /** An event, with `--json-lines`. */
  event(event: object): void;
  /** A line that is no result. */
  say(line: string): void;
  /** A line that is no result and is worth reading even with `--quiet`. */
  warn(line: string): void;
  /** Shows an error; with `--json` it is also the document unless there was one. */
  fail(error: unknown): Promise<Failure>;
  /** Colours for lines of the result. */
  readonly paintResult: Paint;
  /** Colours for all other lines. */
  readonly paint: Paint;
}

export function openOutput(context: Context, options: Options): Output {
  const { stdout, stderr } = context;
  const paint = paintFor(context, stderr, options.color !== false);
  const machine = options.json === true || options.jsonLines === true;
  let documented = false;
  const document = (content: object): void => {
    documented = true;
    const whole = { schemaVersion, ...content };
    if (options.jsonLines) stdout.write(`${jsonText({ type: 'result', ...whole })}\n`);
    else if (options.json) stdout.write(`${jsonText(whole, 2)}\n`);
  };
  return {
    paint,
    paintResult: paintFor(context, stdout, options.color !== false),
    result: (line) => void (machine || stdout.write(`${line}\n`)),
    async bytes(chunks) {
      if (machine) return;
      try {
        await pipeline(Readable.from(chunks), stdout, { end: false, signal: context.signal });
      } catch (error) {
        throw (error as { code?: string }).code === 'EPIPE' ? outputClosed(error) : error;
      }
    },
    document,
    event: (event) => void (options.jsonLines && stdout.write(`${jsonText(event)}\n`)),
    say: (line) => void (options.quiet || stderr.write(`${line}\n`)),
    warn: (line) => void stderr.write(`${line}\n`),
    async fail(error) {
      const failure = describeFailure(error);
      const lines = failure.issues?.length
        ? await renderIssues(failure.issues)
        : renderFailure(failure, paint);
      for (const line of lines) stderr.write(`${line}\n`);
      if (failure.issues !== undefined) annotateIssues(context, failure.code, failure.issues);
      if (options.verbose) stderr.write(`${stackOf(error)}\n`);
      if (!documented) document({ error: failure });
      return failure;
    },
  };
}

function jsonText(value: object, indent?: number): string {
  return escapeSteeringInJson(JSON.stringify(value, null, indent));
}

/** `lading blob … | head`: the reader has what it wanted, which is nobody's failure. */
export function outputClosed(cause?: unknown): LadingError {
  return new LadingError('ERR_LADING_OUTPUT_CLOSED', 'nobody reads standard output any more', { cause });
}

/** The code frames of a configuration's errors. Its package is loaded only when there are some. */
async function renderIssues(issues: readonly ConfigIssue[]): Promise<string[]> {
  const { renderConfigIssue } = await import('@lading/config');
  return issues.map(renderConfigIssue);
}

function stackOf(error: unknown): string {
  const own = (error as { stack?: unknown } | undefined)?.stack;
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  const stack = typeof own === 'string' ? own : String(error);
  return cause === undefined ? stack : `${stack}\ncaused by ${stackOf(cause)}`;
}
