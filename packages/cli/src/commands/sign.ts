import { missingFormats, sign, subjectsOf, verify, type WriteSignaturesOptions } from '@lading/sign';
import { runSigning, type WrittenManifest } from '../signing-run.ts';
import type { Subject } from '../subjects.ts';
import type { Run } from '../verb.ts';

export const run: Run = (invocation) => {
  const { recursive, dryRun } = invocation.options;
  return runSigning(invocation, {
    done: 'signed',
    legacy: '.sig',
    sign: (subject, options) =>
      dryRun
        ? rehearse(subject, recursive, options)
        : sign(subject.store, subject.descriptor, { ...options, recursive }),
  });
};

/** What `sign` would do. */
async function rehearse(
  { store, descriptor }: Subject,
  recursive: boolean | undefined,
  options: WriteSignaturesOptions,
): Promise<readonly WrittenManifest[]> {
  const { annotations, signatures, signal } = options;
  const manifests: WrittenManifest[] = [];
  for (const subject of await subjectsOf(store, descriptor, { recursive, signal })) {
    const missing = await missingFormats(options, (policy) =>
      verify(store, subject, { policy, annotations, signatures, signal }),
    );
    manifests.push(
      missing.length === 0
        ? { subject, outcome: 'present', written: [] }
        : { subject, outcome: 'missing', missing },
    );
  }
  return manifests;
}
