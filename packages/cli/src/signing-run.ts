import type {
  Authority,
  SignatureFormat,
  SignatureLocation,
  SignedImage,
  WriteSignaturesOptions,
} from '@lading/sign';
import { eachImage, exitCodeOfOutcomes } from './each-image.ts';
import type { ExitCode } from './exit-codes.ts';
import { openPlaces } from './places.ts';
import { attachedAs } from './render/signatures.ts';
import {
  formatsByOptions,
  openSigningByOptions,
  signatureStore,
  transparencyByOptions,
} from './signing-options.ts';
import { openSubject, type Subject } from './subjects.ts';
import type { Invocation } from './verb.ts';

/** What became of one manifest; in a dry run what would become of it. */
export type WrittenManifest =
  | SignedImage
  | {
      readonly subject: SignedImage['subject'];
      readonly outcome: 'missing';
      readonly missing: readonly SignatureFormat[];
    };

/** What a command signs, in its own words. */
export interface SigningWork {
  /** Signs an image and perhaps what it lists, or says what would be signed. */
  readonly sign: (subject: Subject, options: WriteSignaturesOptions) => Promise<readonly WrittenManifest[]>;
  /** `signed`, `attested (cyclonedx)` */
  readonly done: string;
  /** What the old format is known by: `.sig`. */
  readonly legacy: string;
}

interface Signed {
  readonly subject: Subject;
  readonly manifests: readonly WrittenManifest[];
}

/** Signs the images of a command line; `sign` and `attest` differ in what they sign. */
export async function runSigning(
  invocation: Invocation,
  { sign, done, legacy }: SigningWork,
): Promise<ExitCode> {
  const { args, options, context, output } = invocation;
  const { signal, now } = context;
  const transparency = transparencyByOptions(options, args);
  await using signing = await openSigningByOptions(invocation);
  const signer = await signing.signer(transparency);
  await using places = await openPlaces(invocation);
  const purpose = options.dryRun ? 'read' : 'change';
  const common: WriteSignaturesOptions = {
    signer,
    formats: formatsByOptions(options),
    reference: options.reference,
    annotations: options.annotations,
    force: options.force,
    signatures: await signatureStore(places, invocation, purpose),
    trustedRoot: await signing.trustedRoot(transparency),
    clock: now,
    signal,
  };
  const authority = await signer.authority({ signal });
  const isRecognised = authority?.kind === 'key' || (authority && common.trustedRoot) !== undefined;
  if (!isRecognised && !options.force) output.say(unrecognised(authority === undefined));
  const by = `${done} by ${nameOf(authority) ?? signer.name}`;

  const once = onceEach((subject) => sign(subject, common));
  const outcomes = await eachImage(
    invocation,
    async (image): Promise<Signed> => {
      const subject = await openSubject(image, places, invocation, purpose);
      return { subject, manifests: await once(subject) };
    },
    {
      show({ subject, manifests }) {
        for (const manifest of manifests) output.say(lineOf(subject, manifest, { by, legacy }, invocation));
        output.result(subject.name);
      },
      document: documentOf,
    },
  );
  await places.finish();
  output.document({
    signer: signer.name,
    transparency,
    dryRun: options.dryRun === true,
    images: outcomes.map(({ document }) => document),
  });
  return exitCodeOfOutcomes(outcomes);
}

/** Without a key it is more telling who signs than how. */
function nameOf(authority: Authority | undefined): string | undefined {
  return authority?.kind === 'identity' && 'exact' in authority.identity
    ? authority.identity.exact
    : undefined;
}

function unrecognised(isUnknown: boolean): string {
  const why = isUnknown
    ? 'it only shows in the certificate who signs'
    : 'without --trusted-root no certificate can be verified';
  return `  ! signatures that are there already are not recognised, so that each run adds one: ${why}`;
}

/** Several tags may stand for one image, and two of them must not sign it at the same moment. */
function onceEach<T>(work: (subject: Subject) => Promise<T>): (subject: Subject) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (subject) => {
    const doing = known.get(subject.name) ?? work(subject);
    known.set(subject.name, doing);
    return doing;
  };
}

/** `  ✓ ghcr.io/acme/app   signed by cosign.key   sha256:… (was :1.2)   bundle, .sig` */
function lineOf(
  { store, tag, descriptor }: Subject,
  manifest: WrittenManifest,
  { by, legacy }: { readonly by: string; readonly legacy: string },
  { output }: Invocation,
): string {
  const { outcome, subject } = manifest;
  const was = tag !== undefined && subject.digest === descriptor.digest ? ` (was :${tag})` : '';
  const [sign, what] = {
    signed: [output.paint('good', '✓'), by],
    present: [output.paint('quiet', '='), `${by} before`],
    missing: [output.paint('good', '+'), `not ${by} (dry run)`],
  }[outcome];
  const formats = formatsOf(manifest, legacy);
  const parts = [`  ${sign} ${store.name}`, what, `${subject.digest}${was}`];
  return [...parts, ...(formats.length > 0 ? [formats.join(', ')] : [])].join('   ');
}

function formatsOf(manifest: WrittenManifest, legacy: string): readonly string[] {
  return manifest.outcome === 'missing'
    ? manifest.missing.map((format) => (format === 'legacy' ? legacy : format))
    : manifest.written.map(attachedAs);
}

function documentOf({ subject, manifests }: Signed): object {
  return {
    name: subject.name,
    digest: subject.descriptor.digest,
    tag: subject.tag,
    manifests: manifests.map((manifest): object => {
      const written: readonly SignatureLocation[] = manifest.outcome === 'missing' ? [] : manifest.written;
      const missing = manifest.outcome === 'missing' ? manifest.missing : undefined;
      return { digest: manifest.subject.digest, outcome: manifest.outcome, written, missing };
    }),
  };
}
