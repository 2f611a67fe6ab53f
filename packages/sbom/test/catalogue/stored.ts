import type { Descriptor } from '@lading/oci';
import { bytesSource, type ContentStore, memoryStore } from '@lading/store';
import type { TestImage } from '@lading/testkit';

/** A store with images in it, and what was fetched from it. */
export interface Stored {
  readonly store: ContentStore;
  /** Digests of blobs and manifests, each as often as it was fetched. */
  readonly fetched: string[];
}

export async function stored(...images: readonly TestImage[]): Promise<Stored> {
  const held = memoryStore('registry.example/app');
  for (const { blobs, manifests } of images) {
    for (const { descriptor, bytes } of [...blobs, ...manifests])
      await held.push(descriptor, bytesSource(bytes));
  }
  const fetched: string[] = [];
  const store: ContentStore = {
    ...held,
    fetch(target: Descriptor, options) {
      fetched.push(target.digest);
      return held.fetch(target, options);
    },
  };
  return { store, fetched };
}

/** A dpkg status file with these packages, `name` or `name=version`. */
export function dpkgStatus(...packages: readonly string[]): string {
  return packages
    .map((one) => {
      const [name, version = '1.0-1'] = one.split('=');
      return `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\nMaintainer: M <m@example.org>\n\n`;
    })
    .join('');
}

export const debian12 = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

export function nodePackage(name: string, version: string): string {
  return JSON.stringify({ name, version, license: 'MIT' });
}
