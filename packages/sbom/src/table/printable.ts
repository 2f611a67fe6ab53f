/** What a terminal would act on, show as nothing or turn around: control characters, marks of direction, zero-width characters, halves of pairs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A text that a terminal can be given, whatever somebody put into a package's name: `\u{1b}` in place of an escape; cut off at so many characters. */
export function printable(text: string, maxLength: number): string {
  // Far more than is shown is not looked at: names may be megabytes long.
  const characters = [
    ...text
      .slice(0, maxLength * 2)
      .replace(unprintable, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`),
  ];
  const isWhole = text.length <= maxLength * 2 && characters.length <= maxLength;
  return isWhole ? characters.join('') : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** The columns that a text takes: two for the wide characters of East Asia, none for what is put on the character before. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width += isWide(character.codePointAt(0)!) ? 2 : 1;
  }
  return width;
}

/** Unicode's East Asian Width W and F, by blocks. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
