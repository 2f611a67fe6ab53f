import type { Config } from '@lading/config';
import { type Digest, isDigest, LadingError } from '@lading/oci';
import type { Registry } from '@lading/registry';
import { type ContentStore, type LocalLocation, parseLocation } from '@lading/store';
import { loadConfiguration } from './configuration.ts';
import { localStores } from './local-stores.ts';
import { openRegistries } from './registries.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** A store, and what is meant there. */
export interface Location {
  readonly store: ContentStore;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** An image in a store. */
export interface Place {
  readonly store: ContentStore;
  /** Tag or digest. */
  readonly reference: string;
  /** For people: `ghcr.io/acme/alpine:3.17.3`. */
  readonly name: string;
}

export type Role = 'source' | 'destination';

/** The places that a command line or config.yaml names. Disposing closes them. */
export interface Places extends AsyncDisposable {
  readonly registry: Registry;
  /** Requests on the wire so far. */
  readonly requests: () => number;
  open(text: string, role: Role): Promise<Location>;
  /** An image that is there; without tag and digest `latest`, or the only one there is. */
  image(text: string, role?: Role): Promise<Place>;
  /** An image to delete: it must be named. */
  named(text: string): Promise<Place>;
  /** Where a copy goes; without a tag it gets the source's. */
  destination(text: string, source: Place): Promise<Place>;
  /** A whole repository: no tag, no digest. */
  repository(text: string): Promise<ContentStore>;
  /** Writes archives out, so that a full disk is found before success is told. */
  finish(): Promise<void>;
}

/** Opens places with the registries of a configuration; without one, of the file that `--config` names, if it names one. */
export async function openPlaces(invocation: Invocation, config?: Config): Promise<Places> {
  const { options, context } = invocation;
  const settings = config ?? (options.config === undefined ? undefined : await loadConfiguration(invocation));
  const { registry, requests } = await openRegistries(invocation, settings?.registries ?? {});
  const local = localStores(context.cwd);

  const open = async (text: string, role: Role): Promise<Location> => {
    const location = parseLocation(text);
    if (location.kind !== 'registry') return local.open(location, role);
    const { host, repository, tag, digest } = location.reference;
    const name = `${host}/${repository}`;
    registry.expect([{ repository: name, actions: role === 'source' ? ['pull'] : ['pull', 'push'] }]);
    return { store: registry.repository(name), tag, digest };
  };

  return {
    registry,
    requests,
    open,
    async image(text, role = 'source') {
      const { store, tag, digest } = await open(text, role);
      return place(store, digest ?? tag ?? 'latest');
    },
    async named(text) {
      const { store, tag, digest } = await open(text, 'destination');
      const reference = digest ?? tag;
      if (reference === undefined) {
        throw usageError(`${text} does not say which image`, 'Name it by a tag or a digest.');
      }
      return place(store, reference);
    },
    async destination(text, source) {
      const { store, tag, digest } = await open(text, 'destination');
      return place(store, tag ?? digest ?? nameFor(text, source));
    },
    async repository(text) {
      const location = parseLocation(text);
      // Some name is given so that none is looked for: the store alone is wanted.
      if (location.kind !== 'registry') return (await local.open(unnamed(location), 'source')).store;
      const { store, tag, digest } = await open(text, 'source');
      if (tag === undefined && digest === undefined) return store;
      throw usageError(`${text} names more than a repository`, `Leave the tag or digest out: ${store.name}.`);
    },
    finish: () => local.close(),
    async [Symbol.asyncDispose]() {
      await local.close();
      await registry.close();
    },
  };
}

/** @returns the error for a store that lacks an ability. */
export function unsupported(store: ContentStore, what: string): LadingError<'ERR_LADING_UNSUPPORTED'> {
  return new LadingError('ERR_LADING_UNSUPPORTED', `${store.name} ${what}`);
}

/** What a copy is called that was given no name: as its source, which for docker is the whole reference. */
function nameFor(destination: string, { store, reference, name }: Place): string {
  const isDocker = destination.startsWith('docker-archive:') && store.mount !== undefined;
  return isDocker && !isDigest(reference) ? name : reference;
}

function unnamed({ kind, path }: LocalLocation): LocalLocation {
  return kind === 'docker-archive' ? { kind, path, reference: 'latest' } : { kind, path, tag: 'latest' };
}

function place(store: ContentStore, reference: string): Place {
  return { store, reference, name: `${store.name}${isDigest(reference) ? '@' : ':'}${reference}` };
}
