import type { IncomingHttpHeaders } from 'node:http';

export type ServiceName = 'fulcio' | 'rekor' | 'rekorV2' | 'tsa' | 'issuer' | 'tuf';

/** A request that came in. */
export interface SeenRequest {
  readonly service: ServiceName;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the answer; nothing as long as there is none. */
  readonly status?: number | undefined;
}
