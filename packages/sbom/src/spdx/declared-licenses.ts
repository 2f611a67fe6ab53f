import type { License } from '../bom.ts';
import { objectsOf, textOf } from '../formats/values.ts';
import { isExpression, noAssertion } from './extracted-licenses.ts';

/** The names of licences that a document explains itself, by their references; those that have none stand for nothing but themselves. */
export function namesOfRefs(infos: unknown): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const info of objectsOf(infos)) {
    const id = textOf(info.licenseId);
    const name = textOf(info.name);
    if (id !== undefined && name !== undefined && name !== noAssertion && name !== id) names.set(id, name);
  }
  return names;
}

/** What a declared licence says: one expression, or the licences it joins where some of them are references that have names. */
export function licensesOfDeclared(
  declared: string | undefined,
  names: ReadonlyMap<string, string>,
): License[] {
  if (declared === undefined || declared === noAssertion || declared === 'NONE') return [];
  if (!isExpression(declared)) return [{ name: declared }];
  const terms = joinedTerms(declared);
  if (!terms.some((term) => names.has(term))) return [{ expression: declared }];
  return terms.map((term) => {
    const name = names.get(term);
    return name === undefined ? { expression: term } : { name };
  });
}

/** The parts of `A AND (B OR C)`; the whole where it is joined otherwise. */
function joinedTerms(expression: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let term: string[] = [];
  for (const token of expression.split(/(\(|\)|\s+)/)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth === 0 && token === 'OR') return [expression];
    if (depth === 0 && token === 'AND') {
      terms.push(bare(term.join('')));
      term = [];
    } else term.push(token);
  }
  return [...terms, bare(term.join(''))];
}

/** Without the parentheses around it; a term that has some is of one pair only, or the pair is not around it all. */
function bare(term: string): string {
  const trimmed = term.trim();
  const inner = trimmed.slice(1, -1);
  return trimmed.startsWith('(') && trimmed.endsWith(')') && isExpression(inner) ? inner : trimmed;
}
