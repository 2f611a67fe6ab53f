/** What JSON and XML leave as it is and a terminal acts on: DEL and the second set of control characters (U+009B begins a sequence as ESC [ does), breaks of lines, marks of direction. */
const steering = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A document of another's words, with an escape of its format in place of each character that would steer the terminal that it is shown on.
 * @param escapeOf The escape of a character, by its code.
 */
export function escapeSteering(text: string, escapeOf: (code: number) => string): string {
  return text.replace(steering, (character) => escapeOf(character.charCodeAt(0)));
}

/** JSON that may be shown on a terminal. In JSON as it is written here such characters stand in strings only. */
export function escapeSteeringInJson(json: string): string {
  return escapeSteering(json, (code) => `\\u${code.toString(16).padStart(4, '0')}`);
}

/** A line of another's words that must not steer the terminal: what would becomes U+FFFD. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
