import type { SyncEntry } from '@lading/config';
import { LadingError } from '@lading/oci';

/** How the files are called that the SBOMs of entries are written to. */
export class ArtifactNames {
  readonly #ofEntry = new Map<unknown, { readonly name: string; readonly hasFilter: boolean }>();

  /** @throws {LadingError} `ERR_LADING_CONFIG`: two entries have one name. */
  constructor(entries: readonly SyncEntry[]) {
    const destinations = new Map<string, string>();
    for (const entry of entries) {
      const name = entry.sbom?.artifactName;
      if (name === undefined) continue;
      const other = destinations.get(name);
      if (other !== undefined) {
        const both = `${other} and ${entry.destination}`;
        throw new LadingError(
          'ERR_LADING_CONFIG',
          `the SBOMs of ${both} would be written to the same files`,
          {
            hint: `Give each of the two entries an sbom.artifactName of its own in place of "${name}".`,
          },
        );
      }
      destinations.set(name, entry.destination);
      this.#ofEntry.set(entry, { name, hasFilter: entry.tags !== undefined });
    }
  }

  /** Of one image of an entry, by its tag at the destination: entries with a filter have many. */
  of(entry: unknown, tag: string): string | undefined {
    const found = this.#ofEntry.get(entry);
    return found?.hasFilter ? `${found.name}-${tag}` : found?.name;
  }
}
