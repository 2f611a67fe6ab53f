import type { SignSettings } from '@lading/config';
import { isLoopbackHost } from '@lading/oci';
import type { ContentStore } from '@lading/store';

/**
 * Who is told of the signatures of a destination: `public` (Sigstore's public instance), `none`, or the services that a signing config file names.
 * Without a word in the configuration nobody is told of what lies on this machine: registries on loopback addresses, folders, archives.
 */
export function transparencyOf(settings: SignSettings | undefined, destination: ContentStore): string {
  const { transparency, signingConfig } = settings ?? {};
  if (transparency !== undefined && transparency !== 'public') return transparency;
  if (signingConfig !== undefined) return signingConfig;
  const host = destination.mount?.host;
  return transparency ?? (host === undefined || isLoopbackHost(host) ? 'none' : 'public');
}
