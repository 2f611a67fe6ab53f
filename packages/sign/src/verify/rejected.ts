import type { Rejection, RejectionCode } from './types.ts';

/** Thrown inside of verification where content turns out not to count; it ends as a verdict, never as an error of the caller. */
export class Rejected extends Error {
  readonly code: RejectionCode;

  constructor(code: RejectionCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Rejected';
    this.code = code;
  }

  get rejection(): Rejection {
    return { code: this.code, message: this.message };
  }
}
