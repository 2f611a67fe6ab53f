import { attest, makePredicate } from '@lading/sign';
import { readInput } from '../input.ts';
import { runSigning } from '../signing-run.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

/** Bytes of a document: as much as is read again. */
const maxPredicate = 134_217_728;

export const run: Run = async (invocation) => {
  const { options, context } = invocation;
  const { predicate: file, type, replace, dryRun } = options;
  if (file === undefined || type === undefined) {
    throw usageError(
      `it is not said ${file === undefined ? 'what is attested' : 'of which type the predicate is'}`,
      'For example: --predicate sbom.cdx.json --type cyclonedx.',
    );
  }
  const document = await readInput(file, context, { what: 'predicate', limit: maxPredicate });
  const predicate = makePredicate(type, document, context.now);
  return await runSigning(invocation, {
    done: `attested (${type})`,
    legacy: '.att',
    async sign({ store, descriptor: subject }, common) {
      if (dryRun) return [{ subject, outcome: 'missing', missing: common.formats ?? [] }];
      return [await attest(store, subject, { ...common, predicate, replace })];
    },
  });
};
