import { type PipelineEvent, sbomResultDocument, signatureDocument } from '@lading/pipeline';
import { describeFailure } from '../failure.ts';

/** An event of a run as plain data, for `--json-lines`; nothing for what the result says anyway. */
export function eventDocument(event: PipelineEvent): object | undefined {
  switch (event.type) {
    case 'entry:start':
    case 'entry:cataloguing':
    case 'entry:signing': {
      const { source, destination, action } = event.image;
      return { type: event.type, source, destination, action };
    }
    case 'entry:progress':
      return { ...event.event, destination: event.image.destination };
    case 'notice':
      return event;
    case 'entry:done': {
      const { image, outcome, digest, reason, bytesMoved, bytesMounted, durationMs, error } = event.result;
      const { source, destination } = image;
      const failure = error === undefined ? undefined : describeFailure(error);
      const signature = signatureDocument(event.result.signature);
      const sbom = sbomResultDocument(event.result.sbom);
      const sizes = { bytesMoved, bytesMounted, durationMs };
      const what = { source, destination, outcome, digest, reason, sbom, signature };
      return { type: event.type, ...what, ...sizes, error: failure };
    }
    default:
      return undefined;
  }
}
