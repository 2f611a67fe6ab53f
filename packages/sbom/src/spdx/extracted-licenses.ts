import { hash } from 'node:crypto';
import parse from 'spdx-expression-parse';
import type { License } from '../bom.ts';
import { compare } from '../compare.ts';
import { readablePart } from './elements.ts';

/** As SPDX 2.3 has its fields. */
interface ExtractedLicense {
  readonly licenseId: string;
  readonly name: string;
  readonly extractedText: string;
}

/** What SPDX writes where nobody knows. */
export const noAssertion = 'NOASSERTION';

/** Characters. Parsing goes as deep as parentheses do. */
const maxExpressionLength = 10_000;

/** The licences of a document that have no SPDX id, each under a name of its own that the document explains (SPDX 2.3, section 10). */
export class ExtractedLicenses {
  readonly #names = new Map<string, string>();

  /** All that a package declares, as one expression. What is no expression becomes a reference to its words. */
  expressionOf(licenses: readonly License[]): string {
    const terms = licenses.map((license) => {
      if (!('expression' in license)) return this.#refOf(license.name);
      const { expression } = license;
      if (!isExpression(expression)) return this.#refOf(expression);
      for (const ref of refsOf(expression)) {
        if (!this.#names.has(ref)) this.#names.set(ref, noAssertion);
      }
      return licenses.length > 1 && expression.includes(' ') ? `(${expression})` : expression;
    });
    return terms.length === 0 ? noAssertion : [...new Set(terms)].join(' AND ');
  }

  /** What explains the references given so far, sorted. */
  *infos(): Generator<ExtractedLicense, void, undefined> {
    for (const [licenseId, name] of [...this.#names].sort(([a], [b]) => compare(a, b))) {
      // Of what a package declares there is no more than its words.
      yield { licenseId, name, extractedText: name };
    }
  }

  #refOf(words: string): string {
    const start = `LicenseRef-lading-${readablePart(words, 48)}`;
    const digits = hash('sha256', words.toWellFormed(), 'hex');
    let ref = start + digits.slice(0, 12);
    for (let count = 2; (this.#names.get(ref) ?? words) !== words; count++)
      ref = `${start}${digits}-${count}`;
    this.#names.set(ref, words);
    return ref;
  }
}

/** True for a licence expression that needs no other document to be understood (SPDX 2.3, annex D). */
export function isExpression(text: string): boolean {
  // References to other documents have to be declared, and additions that are references came with SPDX 3.
  if (text.length > maxExpressionLength || /DocumentRef-|AdditionRef-/.test(text)) return false;
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The references in an expression to licences that the document explains. */
export function refsOf(expression: string): readonly string[] {
  return expression.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? [];
}
