import { verifyAttestation } from '@lading/sign';
import { predicateTypeByOptions } from '../predicate-type.ts';
import type { Run } from '../verb.ts';
import { runVerification } from '../verification.ts';

export const run: Run = (invocation) => {
  const { type } = invocation.options;
  const predicateType = predicateTypeByOptions(invocation.options);
  return runVerification(invocation, {
    noun: type === undefined ? 'attestation' : `attestation of type ${type}`,
    judge: (store, subject, options) => verifyAttestation(store, subject, { ...options, predicateType }),
  });
};
