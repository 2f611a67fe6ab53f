import type { SeenRequest, ServiceName } from './requests.ts';
import type { ServiceAnswer } from './service.ts';

/** Something that goes wrong with requests to a service. Several of these at once: first the delay, then the rest. */
export interface ServiceFault {
  /** How many of the requests that match it is played on. Default 1. */
  readonly times?: number | undefined;
  readonly method?: string | undefined;
  /** Matches the path. */
  readonly path?: RegExp | undefined;
  /** Milliseconds before anything else happens. */
  readonly delayMs?: number | undefined;
  /** Nothing ever comes. */
  readonly hang?: boolean | undefined;
  /** The connection ends without an answer. */
  readonly hangUp?: boolean | undefined;
  /** An answer in the service's place, which does not see the request. */
  readonly answer?: ServiceAnswer | undefined;
  /** Another answer after the service has done its work: a malformed one, or an error although the entry is in the log. */
  readonly edit?: ((answer: ServiceAnswer) => Partial<ServiceAnswer>) | undefined;
}

interface Scripted {
  readonly service: ServiceName;
  readonly fault: ServiceFault;
  left: number;
}

/** The faults that are still to come, in the order in which they were added; each request meets one at most. */
export class FaultScript {
  #scripted: Scripted[] = [];

  add(service: ServiceName, faults: readonly ServiceFault[]): void {
    this.#scripted.push(...faults.map((fault) => ({ service, fault, left: fault.times ?? 1 })));
  }

  clear(): void {
    this.#scripted = [];
  }

  next(request: SeenRequest): ServiceFault | undefined {
    const met = this.#scripted.find(
      ({ service, fault, left }) =>
        left > 0 &&
        service === request.service &&
        (fault.method ?? request.method) === request.method &&
        (fault.path?.test(request.path) ?? true),
    );
    if (met) met.left -= 1;
    return met?.fault;
  }
}
