import { escapeSteeringInJson } from '@lading/oci';

/** Characters that are put together before they are handed on: a document of 200,000 components is not one write for each of them. */
const batchLength = 1 << 16;

/** The same text in fewer, larger pieces. */
export function* batched(pieces: Iterable<string>): Generator<string, void, undefined> {
  let held: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length >= batchLength) {
      yield held.join('');
      held = [];
      length = 0;
    }
  }
  if (length > 0) yield held.join('');
}

/** A field of a JSON document: a value, or a list whose members are made one after the other. */
export type Field = readonly [name: string, value: unknown] | readonly [name: string, members: Members];

interface Members {
  readonly each: Iterable<unknown>;
}

/** Marks a list that is written as it is made, one member a line. */
export function each(members: Iterable<unknown>): Members {
  return { each: members };
}

/** A JSON object, one field a line, with nothing of its lists in memory but the member at hand. Fields that are undefined are left out. */
export function* jsonPieces(fields: Iterable<Field>): Generator<string, void, undefined> {
  let separator = '{\n';
  for (const [name, value] of fields) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:`;
    separator = ',\n';
    if (isMembers(value)) {
      let between = '[\n';
      for (const member of value.each) {
        yield `${between}${wellFormedJson(member)}`;
        between = ',\n';
      }
      yield between === '[\n' ? '[]' : '\n]';
    } else {
      yield wellFormedJson(value);
    }
  }
  yield separator === '{\n' ? '{}\n' : '\n}\n';
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && 'each' in value;
}

/**
 * Half a surrogate pair is nothing that UTF-8 can say, and readers disagree on its escape: it becomes U+FFFD. What JSON would leave as it is, and a
 * terminal would act on, is escaped.
 */
function wellFormedJson(value: unknown): string {
  const text = JSON.stringify(value);
  // Nothing else than such a half is escaped like this, but for words that look so; asking each string is slow.
  if (!text.includes('\\ud')) return escapeSteeringInJson(text);
  return escapeSteeringInJson(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? part.toWellFormed() : part)),
  );
}
