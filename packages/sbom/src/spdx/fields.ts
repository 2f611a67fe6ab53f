import type { Bom, Package, SourcePackage } from '../bom.ts';
import { type DocumentOptions, timestampOf } from '../formats/options.ts';
import { uuidOf } from '../formats/uuid.ts';
import { noAssertion } from './extracted-licenses.ts';

/** SPDX demands a time. Where nobody knows one, this says so: nothing was made then. */
const noTime = '1970-01-01T00:00:00Z';

export function createdOf({ subject }: Bom, options: DocumentOptions): string {
  return timestampOf(options, subject.created) ?? noTime;
}

/** One for each document, so it is made of all that makes two documents of one image differ. */
export function namespaceOf(bom: Bom, options: DocumentOptions, version: string): string {
  const { tool, author, context = 'analyzed' } = options;
  const { descriptor, name } = bom.subject;
  const created = createdOf(bom, options);
  const identity = [
    `spdx ${version}`,
    descriptor.digest,
    name.toWellFormed(),
    created,
    context,
    tool,
    author,
  ];
  return `https://spdx.org/spdxdocs/lading-${uuidOf(JSON.stringify(identity))}`;
}

/** In which state of the software the document was made (CISA 2026, Generation Context). */
export function generationContextOf({ context }: DocumentOptions): string {
  return `SBOM type: ${context === 'build' ? 'Build' : 'Analyzed'}`;
}

/** What a reader has to know, a note a line. */
export function commentOf({ notes }: Bom): string {
  return notes.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

/** A purl as SPDX takes it: one that was read somewhere is passed on as it was, and locators have no spaces. */
export function locatorOf(purl: string): string {
  return purl.replace(/\s/g, encodeURIComponent);
}

/** Which of the two forms of a CPE it has that SPDX takes (SPDX 2.3, annex F); distributions also write others. */
export function cpeFormOf(cpe: string | undefined): 'cpe22' | 'cpe23' | undefined {
  if (cpe === undefined) return undefined;
  if (/^cpe:2\.3:[aho*-](?::[^\s:]+){10}$/.test(cpe)) return 'cpe23';
  return /^cpe:\/[aho](?::[^\s:]*){1,6}$/.test(cpe) ? 'cpe22' : undefined;
}

/** The words by which trivy finds the source package. */
export function sourceInfoOf({ name, epoch, version, release }: SourcePackage): string {
  const full = `${epoch === undefined ? '' : `${epoch}:`}${version ?? ''}${release === undefined ? '' : `-${release}`}`;
  return `built package from: ${name}${version === undefined ? '' : ` ${full}`}`;
}

export function downloadLocationOf({ qualifiers }: Package): string {
  const url =
    qualifiers !== undefined && Object.hasOwn(qualifiers, 'download_url')
      ? qualifiers.download_url
      : undefined;
  return isUrl(url) ? url : noAssertion;
}

/** What every reader's notion of a URL takes. */
export function isUrl(text: string | undefined): text is string {
  return (
    text !== undefined &&
    /^https?:\/\/[A-Za-z0-9._~:/?@!$&'()*+,;=-]+(?:#[A-Za-z0-9._~:/?@!$&'()*+,;=-]*)?$/.test(text) &&
    URL.canParse(text)
  );
}
