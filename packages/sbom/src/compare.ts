/** By UTF-16 code units: the same everywhere, unlike what locales say. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
