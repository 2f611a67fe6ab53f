/** An object as JSON.parse makes it. */
export type JsonObject = { readonly [key: string]: unknown };

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The objects of a list; anything else in it, or instead of it, is not there. */
export function objectsOf(value: unknown): JsonObject[] {
  return listOf(value).flatMap((member) => {
    const object = objectOf(member);
    return object === undefined ? [] : [object];
  });
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
