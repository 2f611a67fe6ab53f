import type { SyncEvent } from '@lading/sync';
import { describeFailure } from '../failure.ts';

/** An event of a sync as plain data, for `--json-lines`. */
export function eventDocument(event: SyncEvent): object {
  switch (event.type) {
    case 'entry:start': {
      const { source, destination, action } = event.image;
      return { type: event.type, source, destination, action };
    }
    case 'entry:progress':
      return { ...event.event, destination: event.image.destination };
    case 'entry:done': {
      const { image, outcome, digest, reason, bytesMoved, bytesMounted, durationMs, error } = event.result;
      const { source, destination } = image;
      const failure = error === undefined ? undefined : describeFailure(error);
      const sizes = { bytesMoved, bytesMounted, durationMs };
      return { type: event.type, source, destination, outcome, digest, reason, ...sizes, error: failure };
    }
  }
}
