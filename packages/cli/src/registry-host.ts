import { isLadingError, parseReference } from '@lading/oci';
import { usageError } from './usage.ts';

/** The host of a registry as references have it, from what people type: `ghcr.io`, `https://ghcr.io/`, `docker.io`. */
export function registryHost(text: string): string {
  const bare = text.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  try {
    // Any repository will do: the grammar of hosts is that of references.
    const { host, repository } = parseReference(`${bare}/x`);
    if (repository === 'x' || repository === 'library/x') return host;
  } catch (error) {
    if (!isLadingError(error)) throw error;
  }
  throw usageError(
    `${JSON.stringify(text)} is not the host of a registry`,
    'For example ghcr.io or localhost:5000.',
  );
}
