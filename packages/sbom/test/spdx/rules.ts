import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import parse from 'spdx-expression-parse';

/** What a document breaks of the schema. */
export function schemaProblems(schema: object): (document: unknown) => unknown {
  const Draft = JSON.stringify(schema).includes('draft/2020-12') ? Ajv2020 : Ajv;
  const ajv = new Draft({ strict: false });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  return (document) => (validate(document) ? undefined : validate.errors);
}

interface Document {
  readonly packages: readonly {
    readonly name: string;
    readonly SPDXID: string;
    readonly supplier?: string;
    readonly filesAnalyzed: boolean;
    readonly packageVerificationCode?: unknown;
    readonly licenseDeclared: string;
    readonly licenseConcluded: string;
    readonly downloadLocation: string;
    readonly checksums?: readonly { readonly algorithm: string; readonly checksumValue: string }[];
    readonly externalRefs?: readonly { readonly referenceLocator: string }[];
    readonly annotations?: readonly { readonly annotationDate: string; readonly annotator: string }[];
  }[];
  readonly hasExtractedLicensingInfos: readonly {
    readonly licenseId: string;
    readonly extractedText: string;
  }[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: string;
    readonly relatedSpdxElement: string;
  }[];
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[] };
  readonly documentNamespace: string;
}

const hexLengths: Readonly<Record<string, number>> = {
  MD5: 32,
  SHA1: 40,
  SHA256: 64,
  SHA384: 96,
  SHA512: 128,
};

/** What a document breaks of the rules that SPDX 2.3 has in words and its schema has not. */
export function ruleProblems(value: unknown): string[] {
  const document = value as Document;
  const problems: string[] = [];
  const check = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  const ids = new Set(['SPDXRef-DOCUMENT']);
  const refs = new Set(document.hasExtractedLicensingInfos.map(({ licenseId }) => licenseId));
  check(refs.size === document.hasExtractedLicensingInfos.length, 'a licence is explained twice');
  for (const ref of refs) check(/^LicenseRef-[A-Za-z0-9.-]+$/.test(ref), `no reference: ${ref}`);
  const used = new Set<string>();
  const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text);
  check(isTime(document.creationInfo.created), 'no time of creation');
  check(
    document.creationInfo.creators.some((one) => one.startsWith('Tool: ')),
    'no tool',
  );
  check(/^https:[^\s#]+$/.test(document.documentNamespace), 'no namespace');
  for (const pkg of document.packages) {
    check(/^SPDXRef-[A-Za-z0-9.-]+$/.test(pkg.SPDXID), `no id: ${pkg.SPDXID}`);
    check(!ids.has(pkg.SPDXID), `two of ${pkg.SPDXID}`);
    ids.add(pkg.SPDXID);
    check(pkg.name !== '', 'no name');
    check(
      pkg.filesAnalyzed === false && pkg.packageVerificationCode === undefined,
      'files are said to be analysed',
    );
    check(
      /^(?:NOASSERTION$|(?:Person|Organization): .)/s.test(pkg.supplier ?? ''),
      `no supplier: ${pkg.supplier}`,
    );
    check(/^(?:NOASSERTION|https?:\S+)$/.test(pkg.downloadLocation), `no location: ${pkg.downloadLocation}`);
    for (const { referenceLocator } of pkg.externalRefs ?? [])
      check(/^\S+$/.test(referenceLocator), `no locator: ${referenceLocator}`);
    for (const { algorithm, checksumValue } of pkg.checksums ?? []) {
      check(new RegExp(`^[0-9a-f]{${hexLengths[algorithm]}}$`).test(checksumValue), `no ${algorithm}`);
    }
    for (const { annotationDate } of pkg.annotations ?? [])
      check(isTime(annotationDate), 'no time of annotation');
    for (const license of [pkg.licenseDeclared, pkg.licenseConcluded]) {
      if (license === 'NOASSERTION') continue;
      for (const ref of license.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? []) used.add(ref);
      try {
        parse(license);
      } catch {
        problems.push(`no expression: ${license}`);
      }
    }
  }
  check(
    [...used].every((ref) => refs.has(ref)) && used.size === refs.size,
    'licences that are used are not those that are explained',
  );
  const seen = new Set<string>();
  for (const { spdxElementId, relationshipType, relatedSpdxElement } of document.relationships) {
    check(
      ids.has(spdxElementId) && ids.has(relatedSpdxElement),
      `leads nowhere: ${spdxElementId} ${relatedSpdxElement}`,
    );
    const all = `${spdxElementId} ${relationshipType} ${relatedSpdxElement}`;
    check(!seen.has(all), `said twice: ${all}`);
    seen.add(all);
  }
  check([...seen].filter((one) => one.includes(' DESCRIBES ')).length === 1, 'describes not one thing');
  return problems;
}
