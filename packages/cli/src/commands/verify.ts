import { verify } from '@lading/sign';
import type { Run } from '../verb.ts';
import { runVerification } from '../verification.ts';

export const run: Run = (invocation) => {
  const { reference } = invocation.options;
  return runVerification(invocation, {
    noun: 'signature',
    judge: (store, subject, options) => verify(store, subject, { ...options, reference }),
  });
};
