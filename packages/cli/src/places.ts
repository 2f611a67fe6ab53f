import type { Config } from '@lading/config';
import { type Digest, isDigest, LadingError } from '@lading/oci';
import type { Expectation, Registry, ScopeAction } from '@lading/registry';
import { type ContentStore, parseLocation } from '@lading/store';
import type { LocalStores, Purpose } from './local-stores.ts';
import type { RegistryClient } from './registries.ts';
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

/** As far as it says what will be opened. */
interface Entry {
  readonly source: string;
  readonly destination: string;
}

/** The places that a command line or config.yaml names. Disposing closes them. */
export interface Places extends AsyncDisposable {
  /** The client of all registries, opened when the first of them is. */
  registry(): Promise<Registry>;
  /** Requests on the wire so far. */
  readonly requests: () => number;
  /** Tells what will be opened, so that one token of a registry can serve for all of it. */
  expect(entries: readonly Entry[], purpose: Purpose): void;
  open(text: string, purpose: Purpose): Promise<Location>;
  /** An image that is there; without tag and digest `latest`, or the only one in a folder or archive. */
  image(text: string, purpose?: 'read' | 'change'): Promise<Place>;
  /** Where a copy goes; without a tag it gets the source's. */
  destination(text: string, source: Place, purpose: 'write' | 'rehearse'): Promise<Place>;
  /** A whole repository, folder or archive. */
  repository(text: string): Promise<ContentStore>;
  /** Writes archives out, so that a full disk is found before success is told. */
  finish(): Promise<void>;
}

/** Opens places with the registries of a configuration; without one, of the file that `--config` names, if it names one. */
export async function openPlaces(invocation: Invocation, config?: Config): Promise<Places> {
  const settings = config ?? (await namedConfiguration(invocation));
  // Most commands are about registries alone, or about files, and start faster without the code of the other.
  let localOpening: Promise<LocalStores> | undefined;
  const local = (): Promise<LocalStores> => {
    localOpening ??= import('./local-stores.ts').then(({ localStores }) => localStores(invocation.context));
    return localOpening;
  };
  const closeLocal = async (): Promise<void> => (await localOpening)?.close();

  let clientOpening: Promise<RegistryClient> | undefined;
  let client: RegistryClient | undefined;
  const expected: Expectation[] = [];
  const registry = async (): Promise<Registry> => {
    clientOpening ??= import('./registries.ts').then(({ openRegistries }) =>
      openRegistries(invocation, settings?.registries ?? {}),
    );
    client = await clientOpening;
    client.registry.expect(expected.splice(0));
    return client.registry;
  };
  const closeRegistry = async (): Promise<void> => {
    const opened = await clientOpening?.catch(() => undefined);
    await opened?.registry.close();
  };
  // What is wrong with the settings of a configuration is told before its entries are looked at.
  if (config !== undefined) await registry();

  const expect = (text: string, purpose: Purpose): void => {
    const location = tryParse(text);
    if (location?.kind !== 'registry') return;
    const { host, repository } = location.reference;
    expected.push({ repository: `${host}/${repository}`, actions: actions[purpose] });
  };

  const open = async (text: string, purpose: Purpose): Promise<Location> => {
    const inEngine = engineImageOf(text);
    if (inEngine !== undefined) {
      if (purpose === 'read') return (await local()).engineImage(inEngine);
      throw usageError(
        'images of a container engine can only be read',
        'What goes to docker load is written to docker-archive:FILE.',
      );
    }
    const location = parseLocation(text);
    if (location.kind !== 'registry') return (await local()).open(location, purpose);
    const { host, repository, tag, digest } = location.reference;
    const name = `${host}/${repository}`;
    expected.push({ repository: name, actions: actions[purpose] });
    return { store: (await registry()).repository(name), tag, digest };
  };

  return {
    registry,
    requests: () => client?.requests() ?? 0,
    expect(entries, purpose) {
      for (const { source, destination } of entries.slice(0, maxExpected)) {
        expect(source, 'read');
        expect(destination, purpose);
      }
    },
    open,
    async image(text, purpose = 'read') {
      const { store, tag, digest } = await open(text, purpose);
      return place(store, digest ?? tag ?? 'latest');
    },
    async destination(text, source, purpose) {
      const { store, tag, digest } = await open(text, purpose);
      return place(store, tag ?? digest ?? nameFor(text, source));
    },
    async repository(text) {
      if (engineImageOf(text) !== undefined) return (await open(text, 'read')).store;
      const location = parseLocation(text);
      if (location.kind !== 'registry') return (await local()).store(location);
      const { store, tag, digest } = await open(text, 'read');
      if (tag === undefined && digest === undefined) return store;
      throw usageError(`${text} names more than a repository`, `Leave the tag or digest out: ${store.name}.`);
    },
    finish: closeLocal,
    async [Symbol.asyncDispose]() {
      try {
        await closeLocal();
      } finally {
        await closeRegistry();
      }
    },
  };
}

/** The image that `docker-daemon:IMAGE` names. */
export function engineImageOf(text: string): string | undefined {
  const [, name] = /^docker-daemon:(.*)$/s.exec(text) ?? [];
  if (name !== '') return name;
  throw usageError(`${text} names no image`, 'Write docker-daemon:IMAGE, as docker image ls shows it.');
}

/** Entries that are told to the registries beforehand; later ones ask for their tokens as they come. */
const maxExpected = 1000;

/** What cannot be read becomes an error of its entry, when that is opened. */
function tryParse(text: string): ReturnType<typeof parseLocation> | undefined {
  try {
    return parseLocation(text);
  } catch {
    return undefined;
  }
}

/** What a token has to allow. */
const actions: Readonly<Record<Purpose, readonly ScopeAction[]>> = {
  read: ['pull'],
  rehearse: ['pull'],
  change: ['pull', 'push'],
  write: ['pull', 'push'],
};

async function namedConfiguration(invocation: Invocation): Promise<Config | undefined> {
  if (invocation.options.config === undefined) return undefined;
  const { loadConfiguration } = await import('./configuration.ts');
  return loadConfiguration(invocation);
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

/** Names an image for people. */
export function place(store: ContentStore, reference: string): Place {
  return { store, reference, name: `${store.name}${isDigest(reference) ? '@' : ':'}${reference}` };
}
