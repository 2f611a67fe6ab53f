import { isTimestamp } from './facts.ts';
import { found, type Profile, requirementsOf, whole } from './requirement.ts';

const { document, component } = requirementsOf({ takesUnknown: false });

/**
 * NTIA, "The Minimum Elements For a Software Bill of Materials (SBOM)", July 2021: its seven data fields. Only of dependencies it wants
 * to be told that they are not known ("Known Unknowns").
 */
export const ntia2021: Profile = {
  name: 'ntia-2021',
  title: 'NTIA 2021 Minimum Elements',
  requirements: [
    component('supplier-name', 'Supplier Name', 'Data Fields, Supplier Name', ({ parties }) =>
      found(parties.some(({ role }) => role !== 'author')),
    ),
    component('component-name', 'Component Name', 'Data Fields, Component Name', ({ name }) =>
      found(name !== undefined),
    ),
    component('version', 'Version of the Component', 'Data Fields, Version of the Component', ({ version }) =>
      found(version !== undefined),
    ),
    component(
      'unique-identifiers',
      'Other Unique Identifiers',
      'Data Fields, Other Unique Identifiers',
      (view) => found(view.identifiers.length > 0),
    ),
    {
      ...component(
        'dependency-relationship',
        'Dependency Relationship',
        'Data Fields, Dependency Relationship',
        (view) => found(view.isRelated, view.unknown.has('dependencies')),
      ),
      takesUnknown: true,
    },
    // A tool may be the author here: "the source of the metadata", be it "some third-party analysis tool".
    document(
      'author',
      'Author of SBOM Data',
      'Data Fields, Author of SBOM Data',
      ({ authors, suppliers, tools }) =>
        whole(
          authors.length > 0 || suppliers.length > 0 || tools.some(({ name }) => name !== undefined),
          'neither a person, nor an organisation, nor a tool is named',
        ),
    ),
    document('timestamp', 'Timestamp', 'Data Fields, Timestamp', ({ timestamp }) =>
      whole(isTimestamp(timestamp), 'there is no time of RFC 3339'),
    ),
  ],
};
