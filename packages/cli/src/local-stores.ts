import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDigest, LadingError } from '@lading/oci';
import {
  type ContentStore,
  type LocalLocation,
  memoryStore,
  type OpenedLocation,
  openLocalStore,
} from '@lading/store';
import type { Context } from './context.ts';
import { pathFrom } from './path-from.ts';
import type { Location } from './places.ts';

/** Why a folder or archive is opened: to read it, to change what is there, to write it anew or further, to see what writing would meet. */
export type Purpose = 'read' | 'change' | 'write' | 'rehearse';

/** The folders and archives of one command. */
export interface LocalStores {
  open(location: LocalLocation, purpose: Purpose): Promise<Location>;
  /** An image of the container engine of this machine, to be read. */
  engineImage(name: string): Promise<Location>;
  /** The store alone, whatever is in it. */
  store(location: LocalLocation): Promise<ContentStore>;
  /** Writes archives out and closes everything. May be called again. */
  close(): Promise<void>;
}

export function localStores(context: Context): LocalStores {
  const { cwd } = context;
  const opened: OpenedLocation['store'][] = [];
  /** Everything that goes into one archive goes through one store: two would each write a file of their own. */
  const written = new Map<string, Promise<OpenedLocation>>();

  const openAt = async (location: LocalLocation, access: 'read' | 'write'): Promise<OpenedLocation> => {
    const found = await openLocalStore(location, { access });
    opened.push(found.store);
    return found;
  };
  const openToWrite = (location: LocalLocation): Promise<OpenedLocation> => {
    const key = `${location.kind}:${resolve(location.path)}`;
    const opening = written.get(key) ?? openAt(location, 'write');
    written.set(key, opening);
    return opening;
  };

  return {
    async open(relative, purpose) {
      const location = { ...relative, path: pathFrom(cwd, relative.path) };
      if (purpose === 'read') {
        const { store, reference } = await openAt(location, 'read');
        return isDigest(reference) ? { store, digest: reference } : { store, tag: reference };
      }
      const name = `${location.kind}:${location.path}`;
      const exists = await isThere(location.path);
      if (!exists && purpose === 'change')
        throw new LadingError('ERR_LADING_NOT_FOUND', `there is no ${name}`);
      if (!exists && purpose === 'rehearse') return { store: memoryStore(name), ...namesOf(location) };
      const access = purpose === 'rehearse' ? openAt(anyName(location), 'read') : openToWrite(location);
      return { store: (await access).store, ...namesOf(location) };
    },
    async engineImage(name) {
      const { openEngineImage } = await import('./docker-daemon.ts');
      const { store, reference } = await openEngineImage(name, context);
      opened.push(store);
      return isDigest(reference) ? { store, digest: reference } : { store, tag: reference };
    },
    async store(relative) {
      const location = { ...relative, path: pathFrom(cwd, relative.path) };
      return (await openAt(anyName(location), 'read')).store;
    },
    async close() {
      // One that fails keeps no other from being written.
      const closing = await Promise.allSettled(
        opened.splice(0).map((store) => store[Symbol.asyncDispose]?.()),
      );
      const failure = closing.find((outcome) => outcome.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
  };
}

function namesOf(location: LocalLocation): Pick<Location, 'tag' | 'digest'> {
  if (location.kind === 'docker-archive') return { tag: location.reference };
  return { tag: location.tag, digest: location.digest };
}

/** The location with some name, so that opening it does not look for the only image there is. */
function anyName({ kind, path }: LocalLocation): LocalLocation {
  return kind === 'docker-archive' ? { kind, path, reference: 'latest' } : { kind, path, tag: 'latest' };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
