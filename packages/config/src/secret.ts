const shown = '[redacted]';

/** A text that cannot print: only `reveal()` gives it. In JSON and templates it is `[redacted]`; `util.inspect` shows an empty object. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself. Call it where the secret is used, and keep the result in no variable that could be logged. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }
}
