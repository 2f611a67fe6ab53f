import { parseReference } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import type { PlanContext } from '@lading/sync';

/** The places of a configuration whose entries name registries alone, by a client such as `openRegistry` of `@lading/registry` gives. */
export function registryStores(registry: { repository(name: string): ContentStore }): PlanContext['open'] {
  return (location) => {
    const { host, repository, tag, digest } = parseReference(location);
    return { store: registry.repository(`${host}/${repository}`), tag, digest };
  };
}
