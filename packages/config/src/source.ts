import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigIssue, ConfigPath, ConfigPosition } from './issue.ts';

/** Offsets in the text; the end is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Parsed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** The text of a config file, its YAML document, and the way back from values to lines. */
export class ConfigSource {
  readonly file: string;
  readonly text: string;
  #parsed: Parsed | undefined;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  get document(): Document.Parsed {
    return this.#parse().document;
  }

  /**
   * Lets go of the document, which takes some fifty times the text's memory. It is parsed again when a position is asked for,
   * which happens only when something is wrong.
   */
  forget(): void {
    this.#parsed = undefined;
  }

  /** Where a value, or with `key` its key, stands; the nearest thing around it when it is not written itself. */
  find(path: ConfigPath, key = false): Span {
    let span: Span = { start: 0, end: 0 };
    let node = this.#resolve(this.document.contents);
    for (const [position, step] of path.entries()) {
      const last = position === path.length - 1;
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
        if (pair === undefined) break;
        span = spanOf(pair.key) ?? span;
        if (last && key) return span;
        next = pair.value;
      } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
        next = node.items[step];
      } else {
        break;
      }
      const written = isScalar(next) && next.value === null ? undefined : spanOf(next);
      span = written ?? span;
      node = this.#resolve(next);
    }
    return span;
  }

  position(offset: number): ConfigPosition {
    const { line, col } = this.#parse().lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  issue(span: Span, message: string, path: ConfigPath, hint?: string): ConfigIssue {
    const position = this.position(span.start);
    const { lineStarts } = this.#parse().lines;
    const context: string[] = [];
    for (let line = Math.max(1, position.line - 2); line <= position.line; line++) {
      const start = lineStarts[line - 1] ?? 0;
      const end = lineStarts[line] ?? this.text.length;
      context.push(maskPasswords(this.text.slice(start, end).replace(/\r?\n$/, '')));
    }
    return { ...position, message, path, hint, length: Math.max(1, span.end - span.start), context };
  }

  #resolve(node: unknown): Node | null | undefined {
    const target = isAlias(node) ? node.resolve(this.document) : node;
    return target as Node | null | undefined;
  }

  #parse(): Parsed {
    if (this.#parsed === undefined) {
      const lines = new LineCounter();
      const document = parseDocument(this.text, {
        lineCounter: lines,
        version: '1.2',
        prettyErrors: false,
        // The walk over the document finds duplicates with a set; the parser compares every pair.
        uniqueKeys: false,
      });
      this.#parsed = { document, lines };
    }
    return this.#parsed;
  }
}

/** The span of a node as it is written; nothing for what is not written at all. */
export function spanOf(node: unknown): Span | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

/** A password that is written in the file must not get into a message; the name of a variable may. */
function maskPasswords(line: string): string {
  return line.replace(/(password["']?\s*:\s*)(?!\s|["']?\$\{\w+\}["']?\s*(?:[,}#]|$)).*$/i, '$1[redacted]');
}
