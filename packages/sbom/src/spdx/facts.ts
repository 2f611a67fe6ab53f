import type { Bom, Package } from '../bom.ts';
import { type Fact, imageFacts, imageUnknown, ownPrefix, packageFacts } from '../formats/facts.ts';
import { fullName } from '../formats/package-name.ts';
import { isUrl } from './fields.ts';
import { supplierOf, supplierText } from './supplier.ts';

/** What is known of the image, and what is not. */
export function subjectFacts(bom: Bom): Fact[] {
  return [...imageFacts(bom), imageUnknown];
}

/** What of a package the fields of SPDX would not give back. */
export function elementFacts(pkg: Package, layers: Bom['subject']['layers']): Fact[] {
  const facts = packageFacts(pkg, layers);
  const add = (fact: string, value: string): void => {
    facts.push([`${ownPrefix}${fact}`, value]);
  };
  const { id, name, supplier, homepage } = pkg;
  const [license, ...others] = pkg.licenses;
  add('id', id);
  if (fullName(pkg) !== name) add('name', name);
  if (license !== undefined && 'name' in license && others.length === 0)
    add('license:0', `name ${license.name}`);
  if (supplier !== undefined && supplierOf(supplierText(supplier)) !== supplier) add('supplier', supplier);
  if (homepage !== undefined && !isUrl(homepage)) add('homepage', homepage);
  return facts;
}
