/** How a program shows its version: words that are always there, and around them a pattern. */
export interface Mark {
  /** Looked for first, as bytes (latin1): rare in the program, so that the pattern is seldom tried. */
  readonly needle: string;
  /** Holds the needle, and has a group `version`. Tried on the needle with {@link contextBytes} on each side. */
  readonly pattern: RegExp;
  /** The package, where it is not that of the signature: forks have programs of the same name. */
  readonly name?: string;
}

/** A program that tells its version in its bytes, and that images often have without a package manager. */
export interface Signature {
  /** Of the file's name, whole. Of all files of an image only those with such a name are read. */
  readonly file: RegExp;
  readonly name: string;
  readonly namespace?: string;
  /** Its purl without the version, where that is not a generic one. */
  readonly purl?: string;
  /** True for scripts and archives; else only programs and shared libraries are read. */
  readonly isText?: true;
  /** What has to be in the file as well, where the marks alone would fit other programs too. */
  readonly requires?: string;
  /** The best first: a program is what the first mark that is found says. `match` is that of the file's name. */
  readonly marks: readonly Mark[] | ((match: RegExpExecArray) => readonly Mark[]);
}

/** Bytes on each side of a needle. */
export const contextBytes: number = 160;

/** A version as most programs have it. */
export const threeNumbers: string = String.raw`\d{1,9}\.\d{1,9}\.\d{1,9}`;

/** One whose pattern is a text with `<V>` where the version is. */
export function mark(needle: string, text: string, version: string = threeNumbers): Mark {
  return { needle, pattern: new RegExp(text.replace('<V>', () => `(?<version>${version})`)) };
}

/** What there is to look for in a file with such a name; nothing for nearly all files. */
export function signatureFor(
  fileName: string,
  signatures: readonly Signature[],
): (Omit<Signature, 'marks' | 'file'> & { readonly marks: readonly Mark[] }) | undefined {
  for (const { file, marks, ...signature } of signatures) {
    const match = file.exec(fileName);
    if (match !== null) return { ...signature, marks: typeof marks === 'function' ? marks(match) : marks };
  }
  return undefined;
}
