import type { SignSettings } from '@lading/config';
import { isLoopbackHost } from '@lading/oci';
import type { ContentStore } from '@lading/store';

/**
 * Which transparency log tells of the signatures of a destination: `public`, `none`, or the file that describes it.
 * Without a word in the configuration what lies on this machine is not told of: registries on loopback addresses, folders, archives.
 */
export function transparencyOf(settings: SignSettings | undefined, destination: ContentStore): string {
  if (settings?.transparency !== undefined) return settings.transparency;
  const host = destination.mount?.host;
  return host === undefined || isLoopbackHost(host) ? 'none' : 'public';
}
