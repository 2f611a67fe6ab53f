import type { Descriptor, Platform } from '@lading/oci';
import { subjectsOf, type TrustPolicy, type Verdict, type VerifyOptions } from '@lading/sign';
import type { ContentStore } from '@lading/store';
import { eachImage, exitCodeOfOutcomes } from './each-image.ts';
import type { ExitCode } from './exit-codes.ts';
import { describeFailure, type Failure } from './failure.ts';
import { loadPlatform } from './image.ts';
import { openPlaces } from './places.ts';
import { renderFailure } from './render/failure.ts';
import { shortDigest } from './render/quantities.ts';
import { acceptedLines, needLines, verdictDocument, verdictProblem } from './render/verdict.ts';
import { signatureStore } from './signing-options.ts';
import { openSubject, type Subject } from './subjects.ts';
import { openTrustByOptions } from './trust-options.ts';
import type { Invocation } from './verb.ts';

/** What is looked for, and how what is attached to one manifest is judged. */
export interface Question {
  /** `signature` */
  readonly noun: string;
  readonly judge: (store: ContentStore, subject: Descriptor, options: VerifyOptions) => Promise<Verdict>;
}

/** An image of the command line with the verdicts on it, and on what it lists when that was asked for. */
interface Verified {
  readonly subject: Subject;
  readonly verdicts: readonly { readonly verdict: Verdict; readonly failure?: Failure | undefined }[];
}

/** Verifies the images of a command line; `verify` and `verify-attestation` differ in what they look for. */
export async function runVerification(invocation: Invocation, question: Question): Promise<ExitCode> {
  const { options, context, output } = invocation;
  const { policy, threshold } = await openTrustByOptions(invocation);
  await using places = await openPlaces(invocation);
  const signatures = await signatureStore(places, invocation, 'read');
  const { annotations } = options;
  const common: VerifyOptions = { policy, threshold, annotations, signatures, signal: context.signal };

  const needs = new Set<string>();
  const outcomes = await eachImage(
    invocation,
    async (image): Promise<Verified> => {
      const subject = await openSubject(image, places, invocation, 'read');
      return { subject, verdicts: await verdictsOn(subject, question, common, invocation) };
    },
    {
      show(verified) {
        show(verified, invocation);
        for (const { verdict } of verified.verdicts) {
          for (const line of verdict.ok ? needLines(verdict) : []) needs.add(line);
        }
      },
      document: documentOf,
      failureOf: ({ verdicts }) => verdicts.find(({ failure }) => failure !== undefined)?.failure,
    },
  );
  // What programs have to be told is mostly the same for all images: once is enough.
  if (!options.quiet) for (const line of needs) output.result(output.paintResult('quiet', line));
  output.document({ images: outcomes.map(({ document }) => ({ ok: false, ...document })) });
  return exitCodeOfOutcomes(outcomes);
}

async function verdictsOn(
  { store, descriptor }: Subject,
  { noun, judge }: Question,
  common: VerifyOptions,
  { options, context: { signal, env } }: Invocation,
): Promise<Verified['verdicts']> {
  const { recursive, platform = [] } = options;
  const roots = await platformsOf(store, descriptor, platform, signal);
  const subjects = (
    await Promise.all(roots.map((root) => subjectsOf(store, root, { recursive, signal })))
  ).flat();
  const verdicts: Verified['verdicts'][number][] = [];
  for (const subject of subjects) {
    const verdict = await judge(store, subject, common);
    const isPart = subject.digest !== descriptor.digest;
    const hint = verdict.ok
      ? undefined
      : ((isPart ? await hintOfIndex(await judge(store, descriptor, common)) : undefined) ??
        hintOfUnsigned(verdict, env.COSIGN_REPOSITORY) ??
        hintOfStrangers(verdict, common.policy));
    const problem = verdictProblem(verdict, noun, hint);
    verdicts.push({ verdict, failure: problem && describeFailure(problem) });
  }
  return verdicts;
}

async function platformsOf(
  store: ContentStore,
  { digest, ...descriptor }: Descriptor,
  platforms: readonly Platform[],
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  if (platforms.length === 0) return [{ digest, ...descriptor }];
  const loaded = await Promise.all(
    platforms.map((platform) => loadPlatform(store, digest, platform, { signal })),
  );
  return loaded.map((one) => one.descriptor);
}

/** A part of an index is not signed by the signature of the index. */
function hintOfIndex({ ok, subject }: Verdict): string | undefined {
  if (!ok) return undefined;
  return `The index ${shortDigest(subject.digest)} that lists it is signed: verify that, or sign its parts, too, with lading sign --recursive.`;
}

function hintOfUnsigned(verdict: Verdict, elsewhere: string | undefined): string | undefined {
  if (verdict.accepted.length + verdict.rejected.length > 0) return undefined;
  if (elsewhere) return `It was looked for in ${elsewhere}, which COSIGN_REPOSITORY names.`;
  const isIndex = /index|manifest\.list/.test(verdict.subject.mediaType);
  return isIndex ? undefined : 'If it is one platform of an index, that may be signed: verify the index.';
}

/** Everybody who signed is somebody else than who was asked for. */
function hintOfStrangers({ rejected }: Verdict, { authorities }: TrustPolicy): string | undefined {
  if (rejected.length === 0 || rejected.some(({ code }) => code !== 'other-signer')) return undefined;
  return authorities.some(({ kind }) => kind === 'key')
    ? 'Is it the right key? What was signed without one is verified with --certificate-identity and --certificate-oidc-issuer.'
    : 'Identity and issuer have to be as in the certificate, and patterns have to match the whole of them.';
}

function show({ subject: { store }, verdicts }: Verified, { args, output }: Invocation): void {
  const isOne = args.length === 1 && verdicts.length === 1;
  for (const { verdict, failure } of verdicts) {
    const { digest } = verdict.subject;
    if (failure !== undefined) {
      const name = isOne ? '' : `${store.name}@${digest}`;
      for (const line of renderFailure(failure, output.paint, name)) output.warn(line);
      continue;
    }
    const name = isOne ? shortDigest(digest) : `${store.name}@${shortDigest(digest)}`;
    for (const line of acceptedLines(verdict, name))
      output.result(`${output.paintResult('good', '✓')} ${line}`);
  }
}

function documentOf({ subject: { name, tag, descriptor }, verdicts }: Verified): object {
  return {
    name,
    digest: descriptor.digest,
    tag,
    ok: verdicts.every(({ verdict }) => verdict.ok),
    manifests: verdicts.map(({ verdict, failure }) => ({
      digest: verdict.subject.digest,
      ...verdictDocument(verdict),
      error: failure,
    })),
  };
}
