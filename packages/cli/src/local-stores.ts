import { resolve } from 'node:path';
import { isDigest } from '@lading/oci';
import { type LocalLocation, type OpenedLocation, openLocalStore } from '@lading/store';
import type { Location, Role } from './places.ts';

/** The folders and archives of one command. */
export interface LocalStores {
  open(location: LocalLocation, role: Role): Promise<Location>;
  /** Writes archives out and closes everything. May be called again. */
  close(): Promise<void>;
}

export function localStores(cwd: string): LocalStores {
  const opened: OpenedLocation['store'][] = [];
  /** Everything that goes into one archive goes through one store: two would each write a file of their own. */
  const written = new Map<string, Promise<OpenedLocation>>();

  const openAt = async (location: LocalLocation, role: Role): Promise<OpenedLocation> => {
    const found = await openLocalStore(location, { access: role === 'source' ? 'read' : 'write' });
    opened.push(found.store);
    return found;
  };

  return {
    async open(relative, role) {
      const location = { ...relative, path: pathFrom(cwd, relative.path) };
      if (role === 'source') return named(await openAt(location, role));
      const key = `${location.kind}:${resolve(location.path)}`;
      const opening = written.get(key) ?? openAt(location, role);
      written.set(key, opening);
      const { store } = await opening;
      return location.kind === 'docker-archive'
        ? { store, tag: location.reference }
        : { store, tag: location.tag, digest: location.digest };
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

/** To be read: what the location names, or the only image there is. */
function named({ store, reference }: OpenedLocation): Location {
  return isDigest(reference) ? { store, digest: reference } : { store, tag: reference };
}

/** As it was typed where that is the same file, so that messages say what was typed. */
function pathFrom(cwd: string, path: string): string {
  const whole = resolve(cwd, path);
  return resolve(path) === whole ? path : whole;
}
