import { hasHashAlgorithm, hasHashValue, isKnownFormat, isTimestamp } from './facts.ts';
import { found, type Profile, requirementsOf, whole } from './requirement.ts';
import { isUnknownWord } from './words.ts';

const { document, component } = requirementsOf({ takesUnknown: true });

/** The types of SBOM that CISA names, and the phases that CycloneDX has for them. */
const contexts =
  /^(?:design|source|build|analy[sz]ed|deployed|runtime|pre-build|post-build|operations|discovery|decommission)$/i;

/**
 * CISA, NSA, FBI and partners, "2026 Minimum Elements for a Software Bill of Materials (SBOM)", 29 July 2026: its 17 data fields.
 * Who does not know a value has to say so ("Explicitly Identifying Unknown Information"); what is said to be unknown counts as said.
 */
export const cisa2026: Profile = {
  name: 'cisa-2026',
  title: 'CISA 2026 Minimum Elements',
  requirements: [
    document('sbom-author', 'SBOM Author', 'Data Fields, SBOM Author', ({ authors }) =>
      whole(authors.length > 0, 'no person or organisation is named as the author of the document'),
    ),
    document(
      'sbom-author-signature',
      'SBOM Author Signature',
      'Data Fields, SBOM Author Signature',
      ({ isSigned }) =>
        whole(
          isSigned,
          'there is no signature in the document; one beside it counts where the caller has verified it',
        ),
    ),
    document(
      'sbom-data-format-name',
      'SBOM Data Format Name',
      'Data Fields, SBOM Data Format Name',
      ({ format }) => ({
        share: 1,
        detail: format,
      }),
    ),
    document(
      'sbom-data-format-version',
      'SBOM Data Format Version',
      'Data Fields, SBOM Data Format Version',
      (view) => whole(isKnownFormat(view), 'the version of the format is missing or none that is known'),
    ),
    document(
      'sbom-generation-context',
      'SBOM Generation Context',
      'Data Fields, SBOM Generation Context',
      (view) =>
        whole(
          view.contexts.some((context) => contexts.test(context) || isUnknownWord(context)),
          'nothing says in which state the software was looked at (CycloneDX: metadata.lifecycles; SPDX: a comment of the creation info)',
        ),
    ),
    document('sbom-timestamp', 'SBOM Timestamp', 'Data Fields, SBOM Timestamp', ({ timestamp }) =>
      whole(isTimestamp(timestamp), 'there is no time of RFC 3339'),
    ),
    document('sbom-tool-name', 'SBOM Tool Name', 'Data Fields, SBOM Tool Name', ({ tools }) =>
      whole(
        tools.some(({ name }) => name !== undefined),
        'no tool is named',
      ),
    ),
    document('sbom-tool-version', 'SBOM Tool Version', 'Data Fields, SBOM Tool Version', ({ tools }) =>
      whole(
        tools.some(
          ({ version }) => version !== undefined && /[0-9a-z]/i.test(version) && !/^\[/.test(version),
        ),
        'no tool says its version',
      ),
    ),
    document('sbom-version', 'SBOM Version', 'Data Fields, SBOM Version', ({ version }) =>
      whole(version !== undefined, 'nothing tells this edition of the document from others'),
    ),
    component('component-producer', 'Component Producer', 'Data Fields, Component Producer', (view) =>
      found(view.parties.length > 0, view.unknown.has('supplier')),
    ),
    component('component-name', 'Component Name', 'Data Fields, Component Name', ({ name }) =>
      found(name !== undefined),
    ),
    component('component-version', 'Component Version', 'Data Fields, Component Version', (view) =>
      found(view.version !== undefined, view.unknown.has('version')),
    ),
    component(
      'component-identifiers',
      'Component Identifiers',
      'Data Fields, Component Identifiers',
      (view) => found(view.identifiers.length > 0, view.unknown.has('identifier')),
    ),
    component(
      'component-hash-algorithm',
      'Component Hash Algorithm',
      'Data Fields, Component Hash Algorithm',
      (view) => found(hasHashAlgorithm(view), view.unknown.has('hash')),
    ),
    component('component-hash-value', 'Component Hash Value', 'Data Fields, Component Hash Value', (view) =>
      found(hasHashValue(view), view.unknown.has('hash')),
    ),
    component('component-license', 'Component License', 'Data Fields, Component License', (view) =>
      found(view.licenses.length > 0, view.unknown.has('license')),
    ),
    component(
      'component-dependency-relationship',
      'Component Dependency Relationship',
      'Data Fields, Component Dependency Relationship',
      (view) => found(view.isRelated, view.unknown.has('dependencies')),
    ),
  ],
};
