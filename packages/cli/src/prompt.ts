import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { LadingError } from '@lading/oci';
import type { Context } from './context.ts';

/** Standard input that is a terminal. */
export type Terminal = Readable & {
  readonly isTTY: true;
  setRawMode(raw: boolean): unknown;
};

export function isTerminal(stdin: Readable): stdin is Terminal {
  const { isTTY, setRawMode } = stdin as Partial<Terminal>;
  return isTTY === true && typeof setRawMode === 'function';
}

/**
 * Asks for lines that are not shown while they are typed.
 * @returns as many as there are questions; fewer when the input ends
 * @throws {LadingError} `ERR_LADING_INTERRUPTED` on Ctrl-C, which a terminal without echo does not turn into a signal
 */
export function promptSecrets(
  terminal: Terminal,
  { stderr, signal }: Pick<Context, 'stderr' | 'signal'>,
  questions: readonly string[],
): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const lines: string[] = [];
  const editor = new LineEditor();
  const decoder = new StringDecoder('utf8');

  const read = (chunk: Buffer): void => {
    for (const line of editor.feed(decoder.write(chunk))) {
      stderr.write('\n');
      if (line === 'interrupted') reject(new LadingError('ERR_LADING_INTERRUPTED', 'interrupted'));
      if (typeof line !== 'string') lines.push(line.text);
      const question = typeof line === 'string' ? undefined : questions[lines.length];
      if (question === undefined) {
        resolve(lines);
        return;
      }
      stderr.write(question);
    }
  };
  const end = (): void => resolve(lines);
  const abort = (): void => reject(signal.reason);

  terminal.setRawMode(true);
  terminal.on('data', read);
  terminal.on('end', end);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  else stderr.write(questions[0]!);

  return promise.finally(() => {
    terminal.off('data', read);
    terminal.off('end', end);
    signal.removeEventListener('abort', abort);
    terminal.setRawMode(false);
    // Lets the process end: a terminal that is read keeps it alive.
    terminal.pause();
  });
}

type Line = { readonly text: string } | 'interrupted' | 'ended';

/** What keys that make no letter do, as terminals themselves have it. */
const keys = {
  interrupt: '\u0003',
  end: '\u0004',
  backspace: '\b',
  delete: '\u007f',
  clear: '\u0015',
  escape: '\u001b',
};

/** Makes lines of what is typed. */
class LineEditor {
  #letters: string[] = [];
  #afterReturn = false;

  /** The lines that this much more typing completes. */
  feed(text: string): Line[] {
    // Arrows and the like come in one piece and mean nothing here.
    if (text.startsWith(keys.escape)) return [];
    const lines: Line[] = [];
    for (const letter of text) {
      const isSecondHalf = this.#afterReturn && letter === '\n';
      this.#afterReturn = letter === '\r';
      if (isSecondHalf) continue;
      const line = this.#type(letter);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  #type(letter: string): Line | undefined {
    if (letter === '\r' || letter === '\n') return { text: this.#take() };
    if (letter === keys.interrupt) return 'interrupted';
    if (letter === keys.end) return this.#letters.length === 0 ? 'ended' : { text: this.#take() };
    if (letter === keys.backspace || letter === keys.delete) this.#letters.pop();
    else if (letter === keys.clear) this.#letters = [];
    else if (letter >= ' ') this.#letters.push(letter);
    return undefined;
  }

  #take(): string {
    const text = this.#letters.join('');
    this.#letters = [];
    return text;
  }
}
