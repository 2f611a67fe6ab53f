import type { Digest } from '@lading/oci';
import type { ContentStore, StoreOptions } from './content-store.ts';

/** Leave to send one digest to one place. */
export interface LedgerClaim {
  /** Ends the claim, whether the content is there now or not: whoever waits goes on. */
  release(): void;
}

/**
 * What the copies of one run know of each other's work, so that a digest moves once per destination host:
 * whoever comes second waits for the first and then mounts. The failure of one does not spoil the others: the next one sends.
 */
export interface TransferLedger {
  /** The repositories at the store's host that got the content in this run, first first. */
  holders(store: ContentStore, digest: Digest): readonly string[];
  /** True when the content came into this very store in this run. */
  holds(store: ContentStore, digest: Digest): boolean;
  /** The content, a manifest too, came into the store. */
  add(store: ContentStore, digest: Digest): void;
  /** While another copy sends the content to the store's host: the end of that, whatever it is. Never rejects. */
  busy(store: ContentStore, digest: Digest): Promise<void> | undefined;
  /** Leave to send, or nothing while someone else has it. */
  claim(store: ContentStore, digest: Digest): LedgerClaim | undefined;
  /** Whether the store was empty when this run first asked: what came in since is known to the ledger itself. */
  wasEmpty(store: ContentStore, options?: StoreOptions): Promise<boolean>;
}

interface Entry {
  readonly holders: string[];
  busy: Promise<void> | undefined;
}

/** A ledger for the copies of one run; give the same one to each of them. */
export function createLedger(): TransferLedger {
  const places = new Map<string | ContentStore, Map<Digest, Entry>>();
  const empty = new Map<string | ContentStore, Promise<boolean>>();

  const entryOf = (store: ContentStore, digest: Digest): Entry => {
    const place = store.mount?.host ?? store;
    const entries = places.get(place) ?? new Map<Digest, Entry>();
    places.set(place, entries);
    const entry = entries.get(digest) ?? { holders: [], busy: undefined };
    entries.set(digest, entry);
    return entry;
  };

  return {
    holders: (store, digest) => entryOf(store, digest).holders,
    holds: (store, digest) => entryOf(store, digest).holders.includes(repositoryOf(store)),
    busy: (store, digest) => entryOf(store, digest).busy,
    add(store, digest) {
      const { holders } = entryOf(store, digest);
      const repository = repositoryOf(store);
      if (!holders.includes(repository)) holders.push(repository);
    },
    claim(store, digest) {
      const entry = entryOf(store, digest);
      if (entry.busy !== undefined) return undefined;
      const ended = Promise.withResolvers<void>();
      entry.busy = ended.promise;
      return {
        release() {
          entry.busy = undefined;
          ended.resolve();
        },
      };
    },
    async wasEmpty(store, options) {
      if (store.isEmpty === undefined) return false;
      const key = store.mount === undefined ? store : `${store.mount.host}/${store.mount.repository}`;
      const asked = empty.get(key);
      if (asked !== undefined) {
        const answer = await asked.catch(() => undefined);
        // The failure of the copy that asked first is not ours.
        if (answer !== undefined) return answer;
      }
      const answer = store.isEmpty(options);
      empty.set(key, answer);
      return answer;
    },
  };
}

/** Stores without repositories are one place each, so that any constant names what is in them. */
function repositoryOf(store: ContentStore): string {
  return store.mount?.repository ?? '';
}
