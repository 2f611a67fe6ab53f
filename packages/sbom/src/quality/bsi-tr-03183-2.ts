import { hasHashValue, isAtLeast, isKnownFormat, isLicenseExpression, isTimestamp } from './facts.ts';
import { found, type Profile, type Requirement, requirementsOf, whole } from './requirement.ts';
import type { LicenseView, Party } from './view.ts';

const { document, component } = requirementsOf({ takesUnknown: false });

/** BSI, Technical Guideline TR-03183-2, "Software Bill of Materials (SBOM)", version 2.1.0, 20 August 2025. Nothing but the value itself will do. */
export const bsiTr03183: Profile = {
  name: 'bsi-tr-03183-2',
  title: 'BSI TR-03183-2 v2.1.0',
  requirements: [
    document('format', 'Format and version', '4', (view) =>
      whole(
        isKnownFormat(view) &&
          isAtLeast(view.formatVersion, view.format === 'CycloneDX' ? [1, 6] : [3, 0, 1]),
        'only CycloneDX from 1.6 and SPDX from 3.0.1 are taken',
      ),
    ),
    document('sbom-creator', 'Creator of the SBOM', '5.2.1', ({ authors }) => {
      if (authors.some(canBeReached)) return { share: 1 };
      return authors.length > 0
        ? { share: 0.5, detail: 'who made the document is named, without e-mail address and URL' }
        : { share: 0, detail: 'nothing says who made the document: an e-mail address or else a URL' };
    }),
    document('timestamp', 'Timestamp', '5.2.1', ({ timestamp }) =>
      whole(isTimestamp(timestamp), 'there is no time of RFC 3339'),
    ),
    component('component-creator', 'Component creator', '5.2.2', ({ parties }) =>
      found(parties.some(canBeReached)),
    ),
    component('component-name', 'Component name', '5.2.2', ({ name }) => found(name !== undefined)),
    component('component-version', 'Component version', '5.2.2', ({ version }) =>
      found(version !== undefined),
    ),
    component('filename', 'Filename of the component', '5.2.2', ({ file }) =>
      found(file.name !== undefined && !/[/\\]/.test(file.name)),
    ),
    component('dependencies', 'Dependencies, and whether they are complete', '5.2.2', (view) =>
      found(view.hasDependencyList && view.hasCompleteness),
    ),
    component('distribution-licences', 'Distribution licences', '5.2.2, 6.1', ({ licenses }) =>
      found(licenses.some((license) => license.kind !== 'declared' && isExpression(license))),
    ),
    component('hash', 'SHA-512 hash of the deployable component', '5.2.2', (view) =>
      found(hasHashValue(view, 'sha512')),
    ),
    component('executable', 'Executable property', '5.2.2', ({ file }) => found(file.isExecutableSaid)),
    component('archive', 'Archive property', '5.2.2', ({ file }) => found(file.isArchiveSaid)),
    component('structured', 'Structured property', '5.2.2', ({ file }) => found(file.isStructuredSaid)),
    ...ifThereIsOne([
      document('sbom-uri', 'SBOM-URI', '5.2.3', ({ uri }) =>
        whole(/^[a-z][a-z0-9+.-]*:./i.test(uri ?? ''), 'the document has no URI of its own'),
      ),
      component('source-code-uri', 'Source code URI', '5.2.4', ({ sourceUri }) =>
        found(sourceUri !== undefined),
      ),
      component('deployable-uri', 'URI of the deployable form', '5.2.4', ({ distributionUri }) =>
        found(distributionUri !== undefined),
      ),
      component('unique-identifiers', 'Other unique identifiers', '5.2.4', ({ identifiers }) =>
        found(identifiers.length > 0),
      ),
      component('original-licences', 'Original licences', '5.2.4, 6.1', ({ licenses }) =>
        found(licenses.some((license) => license.kind === 'declared' && isExpression(license))),
      ),
    ]),
  ],
};

/** "Additional" fields: a must where the thing exists, which the document does not tell. */
function ifThereIsOne(requirements: readonly Requirement[]): Requirement[] {
  return requirements.map((requirement) => ({ ...requirement, isScored: false }));
}

function canBeReached({ email, url }: Party): boolean {
  return email !== undefined || url !== undefined;
}

function isExpression({ isExpression: isIdentifier, text }: LicenseView): boolean {
  return isIdentifier && isLicenseExpression(text);
}
