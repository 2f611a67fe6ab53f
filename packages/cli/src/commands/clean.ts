import {
  type Artifact,
  type ArtifactSelection,
  type CleanedImage,
  clean,
  predicateTypeOf,
} from '@lading/sign';
import { eachImage, exitCodeOfOutcomes } from '../each-image.ts';
import { openPlaces } from '../places.ts';
import { artifactDocument, artifactName } from '../render/artifacts.ts';
import { count, shortDigest } from '../render/quantities.ts';
import { signatureStore } from '../signing-options.ts';
import { openSubject, type Subject } from '../subjects.ts';
import { openNamedTrust } from '../trust-options.ts';
import { usageError } from '../usage.ts';
import type { Invocation, Run } from '../verb.ts';

interface Cleaned {
  readonly subject: Subject;
  readonly images: readonly CleanedImage[];
}

export const run: Run = async (invocation) => {
  const { options, context, output } = invocation;
  const { recursive, dryRun, olderThan } = options;
  const selection = selectionOf(options.type);
  const trust = await openNamedTrust(invocation);
  await using places = await openPlaces(invocation);
  const purpose = dryRun ? 'read' : 'change';
  const signatures = await signatureStore(places, invocation, purpose);
  const outcomes = await eachImage(
    invocation,
    async (image): Promise<Cleaned> => {
      const subject = await openSubject(image, places, invocation, purpose);
      const images = await clean(subject.store, subject.descriptor, {
        ...selection,
        by: trust?.policy,
        before: olderThan === undefined ? undefined : context.now() - olderThan,
        recursive,
        dryRun,
        signatures,
        signal: context.signal,
      });
      return { subject, images };
    },
    { show: (cleaned) => show(cleaned, invocation), document: documentOf },
  );
  await places.finish();
  output.document({ dryRun: dryRun === true, images: outcomes.map(({ document }) => document) });
  return exitCodeOfOutcomes(outcomes);
};

const kinds: Readonly<Record<string, readonly Artifact['kind'][]>> = {
  signature: ['signature'],
  attestation: ['attestation'],
  sbom: ['sbom'],
  all: ['signature', 'attestation', 'sbom'],
};

/** What `--type` means: it has to be said, because what is removed is gone. */
function selectionOf(type: string | undefined): ArtifactSelection {
  if (type !== undefined && Object.hasOwn(kinds, type)) return { kinds: kinds[type] };
  const predicateType = type && predicateTypeOf(type);
  if (predicateType) return { kinds: ['attestation'], predicateType };
  throw usageError(
    type === undefined
      ? 'it is not said what to remove'
      : `${JSON.stringify(type)} is nothing that can be removed`,
    'Say it with --type: signature, attestation, sbom, all, or one type of attestation, for example cyclonedx.',
  );
}

function show({ subject, images }: Cleaned, { output, options }: Invocation): void {
  const removed = images.flatMap((image) => image.removed.map((artifact) => ({ artifact, image })));
  for (const { artifact, image } of removed) {
    const of =
      image.subject.digest === subject.descriptor.digest ? '' : ` of ${shortDigest(image.subject.digest)}`;
    const sign = options.dryRun ? output.paint('change', '-') : output.paint('good', '✓');
    const done = options.dryRun ? 'not removed (dry run)' : 'removed';
    output.say(`  ${sign} ${subject.store.name}   ${done}   ${artifactName(artifact)}${of}`);
  }
  const kept = images.reduce((sum, image) => sum + image.kept.length, 0);
  output.result(
    `${subject.name}   ${removed.length} ${options.dryRun ? 'to remove' : 'removed'} · ${count(kept, 'artifact')} kept`,
  );
}

function documentOf({ subject, images }: Cleaned): object {
  return {
    name: subject.name,
    digest: subject.descriptor.digest,
    tag: subject.tag,
    manifests: images.map(({ subject: { digest }, removed, kept }) => ({
      digest,
      removed: removed.map(artifactDocument),
      kept: kept.map(artifactDocument),
    })),
  };
}
