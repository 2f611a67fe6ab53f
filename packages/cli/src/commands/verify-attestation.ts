import { verifyAttestation } from '@lading/sign';
import { predicateTypeByOptions } from '../predicate-type.ts';
import type { Run } from '../verb.ts';
import { runVerification } from '../verification.ts';

export const run: Run = (invocation) => {
  const predicateType = predicateTypeByOptions(invocation.options);
  return runVerification(invocation, (store, subject, options) =>
    verifyAttestation(store, subject, { ...options, predicateType }),
  );
};
