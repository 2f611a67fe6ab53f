import { printable } from '@lading/oci';
import type { CopyEvent } from '@lading/store';
import type { Context } from '../context.ts';
import type { Options } from '../options.ts';
import { plainProgress } from './plain.ts';
import { terminalProgress } from './terminal.ts';
import { Transfer } from './transfer.ts';

/** Shows images in work and lines about those that are done. All of it goes to stderr. */
export interface Progress extends Disposable {
  start(name: string): void;
  observe(name: string, event: CopyEvent): void;
  /** All of the image is there, and what it still needs is done now: `signing`. */
  finishing(name: string, what: string): void;
  /** The image is done; `lines` say how it went. */
  done(name: string, lines: readonly string[]): void;
  /** The image failed; `lines` say how, and are shown even where nothing else is. */
  failed(name: string, lines: readonly string[]): void;
  /** Something worth knowing in between; may have words of others in it. */
  notice(message: string): void;
  /** What is going on where no image is in work, for example `looking at 12 of 200 images`. */
  status(text: string): void;
}

/** What a way of showing progress does; the images in work are kept for it. */
export interface ProgressView extends Disposable {
  /** Something about the images in work has changed. */
  changed(): void;
  print(lines: readonly string[]): void;
  /** Lines that are shown even where nothing else is. */
  warn(lines: readonly string[]): void;
}

export interface InWork {
  readonly transfers: () => readonly Transfer[];
  readonly done: () => number;
  readonly status: () => string;
}

/** Progress in the style that the options and the terminal ask for. */
export function openProgress(context: Context, options: Options): Progress {
  const transfers = new Map<string, Transfer>();
  let done = 0;
  let status = '';
  const inWork: InWork = {
    transfers: () => [...transfers.values()],
    done: () => done,
    status: () => status,
  };
  const view = openView(context, options, inWork);
  const end = (name: string): void => {
    transfers.delete(name);
    done++;
  };
  return {
    start(name) {
      transfers.set(name, new Transfer(name, context.now()));
      view.changed();
    },
    observe(name, event) {
      transfers.get(name)?.observe(event, context.now());
      view.changed();
    },
    finishing(name, what) {
      transfers.get(name)?.finish(what);
      view.changed();
    },
    done(name, lines) {
      end(name);
      if (lines.length > 0) view.print(lines);
      else view.changed();
    },
    failed(name, lines) {
      end(name);
      view.warn(lines);
    },
    notice: (message) => view.print([printable(`  ! ${message}`)]),
    status(text) {
      status = text;
      view.changed();
    },
    [Symbol.dispose]: () => view[Symbol.dispose](),
  };
}

function openView(context: Context, options: Options, inWork: InWork): ProgressView {
  const { stderr, env } = context;
  const style = options.quiet ? 'none' : (options.progress ?? 'auto');
  const terminal = stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
  if (style === 'none') return silentProgress(context);
  if (style === 'tty' || (style === 'auto' && terminal)) return terminalProgress(context, inWork);
  return plainProgress(context, inWork);
}

function silentProgress({ stderr }: Context): ProgressView {
  return {
    changed: () => undefined,
    print: () => undefined,
    warn: (lines) => void stderr.write(lines.map((line) => `${line}\n`).join('')),
    [Symbol.dispose]: () => undefined,
  };
}
