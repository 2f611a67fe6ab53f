import { noAssertion } from './extracted-licenses.ts';

/** Words in names of those that are several people. */
const group =
  /\b(?:authors|community|contributors|corp|corporation|developers|devel|foundation|gmbh|group|inc|llc|ltd|maintainers|organi[sz]ation|packagers|project|team)\b/i;

/** Who supplies something. */
export interface Agent {
  readonly kind: 'Organization' | 'Person';
  readonly name: string;
  readonly email?: string | undefined;
}

/** `Name <address>` taken apart: who has an address and no name of a group is a person. */
export function agentOf(supplier: string): Agent {
  const start = supplier.lastIndexOf(' <');
  const name = supplier.slice(0, Math.max(start, 0));
  const email = supplier.slice(start + 2, -1);
  if (name === '' || !supplier.endsWith('>') || !isAddress(email))
    return { kind: 'Organization', name: supplier };
  return { kind: group.test(name) ? 'Organization' : 'Person', name, email };
}

/** Who supplies a package, as SPDX 2.3 says it (7.5). */
export function supplierText(supplier: string | undefined): string {
  if (!supplier) return noAssertion;
  return agentText(agentOf(supplier));
}

/** `Person: Name (address)` (SPDX 2.3, 7.5). */
export function agentText({ kind, name, email }: Agent): string {
  return `${kind}: ${name}${email === undefined ? '' : ` (${email})`}`;
}

/** `Name <address>` of what SPDX says; nothing when it says that nobody knows. */
export function supplierOf(text: string): string | undefined {
  const words = text.replace(/^(?:Person|Organization|Tool):\s?/, '');
  if (words === '' || words === noAssertion || words === 'NONE') return undefined;
  const start = words.lastIndexOf(' (');
  const address = words.slice(start + 2, -1);
  if (start <= 0 || !words.endsWith(')')) return words;
  if (address === '') return words.slice(0, start);
  return isAddress(address) ? `${words.slice(0, start)} <${address}>` : words;
}

function isAddress(text: string): boolean {
  return text.length <= 320 && /^[^\s()<>@]+@[^\s()<>@]+$/.test(text);
}
