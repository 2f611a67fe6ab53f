/** What made a document. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly vendor?: string | undefined;
}

/** Who answers for a document. */
export interface Author {
  readonly name: string;
  readonly email?: string | undefined;
}

/** `Name <address>`, or a name alone; nothing when it names nobody. */
export function parseAuthor(text: string): Author | undefined {
  const [, name = text, email] = /^(.+?)\s*<([^<>]+)>$/.exec(text.trim()) ?? [];
  return name.trim() === '' ? undefined : { name: name.trim(), email };
}

/** What every writer has to be told beside the BOM. Nothing of it is taken from the machine. */
export interface DocumentOptions {
  readonly tool: Tool;
  /** When the document is said to be made; else when the image was, so that the same image gives the same bytes. */
  readonly timestamp?: Date | undefined;
  readonly author?: Author | undefined;
  /** The state of the software that was looked at (CISA 2026, Generation Context); an image that was not built just now is `analyzed`. */
  readonly context?: 'analyzed' | 'build' | undefined;
}

/** The document's time: RFC 3339, UTC, whole seconds as SPDX wants them; nothing when nobody knows it. */
export function timestampOf(options: DocumentOptions, created: Date | undefined): string | undefined {
  const time = options.timestamp ?? created;
  if (time === undefined || Number.isNaN(time.getTime())) return undefined;
  const text = time.toISOString();
  // Years beyond four digits have a sign, which no schema takes.
  return /^\d{4}-/.test(text) ? text.replace(/\.\d+Z$/, 'Z') : undefined;
}
