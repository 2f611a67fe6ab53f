/** The keys and positions that lead from the document's root to a value, for example `['sync', 3, 'source']`. */
export type ConfigPath = readonly (string | number)[];

/** A place in a config file; line and column count from 1. */
export interface ConfigPosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a config file. */
export interface ConfigIssue extends ConfigPosition {
  /** What is wrong, for example `unknown key "destnation"`. */
  readonly message: string;
  readonly path: ConfigPath;
  /** What to do about it, for example `did you mean "destination"?`. */
  readonly hint?: string | undefined;
  /** How many characters are wrong, from `column` on. */
  readonly length: number;
  /** The line and up to two before it; passwords are masked. Empty where the file could not be read. */
  readonly context: readonly string[];
}

/** The issues that are told one by one; the rest is counted. */
const maxTold = 20;
/** The issues whose text and position are worked out; a file with a million mistakes must not take minutes. */
const maxDescribed = 200;

/** Gathers issues, and counts only when there are very many. */
export class IssueCollector {
  readonly #issues: ConfigIssue[] = [];
  readonly #paths = new Set<string>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** `describe` is called only when there is room. */
  add(describe: () => ConfigIssue): void {
    this.#count += 1;
    if (this.#issues.length === maxDescribed) return;
    const issue = describe();
    this.#issues.push(issue);
    this.#paths.add(JSON.stringify(issue.path));
  }

  has(path: ConfigPath): boolean {
    return this.#paths.has(JSON.stringify(path));
  }

  /** The error that tells the first issues, in the file's order. */
  toError(): ConfigError {
    const sorted = this.#issues.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const [first] = sorted;
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : '';
    return new ConfigError(`${first?.file}:${first?.line}:${first?.column}: ${first?.message}${more}`, {
      issues: sorted.slice(0, maxTold),
      omitted: Math.max(0, this.#count - maxTold),
      hint: first?.hint,
    });
  }
}

export interface ConfigErrorOptions {
  readonly issues?: readonly ConfigIssue[] | undefined;
  readonly omitted?: number | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A config file that is missing or wrong. All its issues at once, in the file's order.
 *
 * It carries the brand that `isLadingError` of `@lading/oci` looks for; this package imports none of lading's others.
 */
export class ConfigError extends Error {
  readonly code = 'ERR_LADING_CONFIG';
  readonly hint: string | undefined;
  /** At most 20. */
  readonly issues: readonly ConfigIssue[];
  /** How many more issues there are. */
  readonly omitted: number;

  constructor(message: string, options: ConfigErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConfigError';
    this.hint = options.hint;
    this.issues = options.issues ?? [];
    this.omitted = options.omitted ?? 0;
    Object.defineProperty(this, Symbol.for('lading.error'), { value: true });
  }
}
