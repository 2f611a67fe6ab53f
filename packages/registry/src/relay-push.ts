import type { Descriptor } from '@lading/oci';
import type { ContentSource, PushOptions } from '@lading/store';
import type { RelaySource } from './relay.ts';
import type { Session } from './session.ts';

/** Bytes from which a blob goes socket to socket: below, connections of its own cost more than buffers. */
const relayMinBytes = 4_194_304;

/** A store of this package, as far as the relay needs to know it. */
export interface RelayableStore {
  /** Opens a blob on a connection of its own; nothing when that cannot be done as simply as the relay needs it. */
  openRelay(target: Descriptor, signal?: AbortSignal): Promise<RelaySource | undefined>;
}

/** The way to open a source for the relay, when content and destination let it be tried. */
export function relayOpener(
  session: Session,
  expected: Descriptor,
  content: ContentSource,
  { signal }: PushOptions,
): (() => Promise<RelaySource | undefined>) | undefined {
  const store = content.from?.store as Partial<RelayableStore> | undefined;
  const isSame = content.from?.target.digest === expected.digest;
  if (store?.openRelay === undefined || !isSame || expected.size < relayMinBytes || !session.relay)
    return undefined;
  const open = store.openRelay.bind(store);
  return () => open(expected, signal);
}

/** Asks for a blob such that it stays on its connection. Whatever goes wrong here goes wrong again, with its message, on the general path. */
export async function openRelaySource(
  session: Session,
  target: Descriptor,
  signal: AbortSignal | undefined,
): Promise<RelaySource | undefined> {
  if (!session.relay || session.memory.relay === false) return undefined;
  try {
    const { source, body, status } = await session.call({
      method: 'GET',
      path: `blobs/${target.digest}`,
      actions: ['pull'],
      relay: 'source',
      signal,
    });
    await body.discard();
    if (source?.size === target.size) return source;
    source?.close();
    // Chunked, compressed: the next blob from there will be no other.
    if (status === 200) session.memory.relay = false;
  } catch {
    signal?.throwIfAborted();
  }
  return undefined;
}
