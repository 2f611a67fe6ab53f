/** What ES2025 brings and TypeScript's library does not have yet: a number as it is written. */
interface SourceText {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}

/**
 * Parses JSON so that writing it again gives the same numbers: `12345678901234567890` is more than a number of JavaScript can hold.
 * @throws {SyntaxError}
 */
export function exactJson(text: string): unknown {
  const json = JSON as unknown as SourceText;
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? json.rawJSON(source)
      : value,
  );
}
