import type { Descriptor } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { inTotoPayloadType } from './formats/dsse.ts';
import { signaturePredicateType } from './formats/predicate-types.ts';
import { simpleSigningBytes } from './formats/simple-signing.ts';
import { statementBytes } from './formats/statement.ts';
import type { SignatureLocation } from './found.ts';
import { ownPolicy } from './own-policy.ts';
import { mapOf } from './pool.ts';
import type { Signer } from './signer.ts';
import { subjectsOf } from './subjects.ts';
import type { AcceptedSignature, Verdict } from './verdict.ts';
import type { TrustPolicy } from './verify/types.ts';
import { verify } from './verify-image.ts';
import { writeBundle, writeLegacy } from './write.ts';

/** `bundle`: what cosign 3 writes. `legacy`: cosign's `.sig` and `.att`, for cosign 2, podman and most admission controllers. */
export type SignatureFormat = 'bundle' | 'legacy';

export interface WriteSignaturesOptions {
  readonly signer: Signer;
  /** Default: both. */
  readonly formats?: readonly SignatureFormat[] | undefined;
  /** Under which name the image is signed, for example `ghcr.io/acme/app`. Default: the store's. */
  readonly reference?: string | undefined;
  /** What the signature says of the image beside its digest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Where signatures are kept. Default: beside the image. */
  readonly signatures?: ContentStore | undefined;
  /** Add one even when there is a valid one by the same key or identity. */
  readonly force?: boolean | undefined;
  /** What the signatures that are there already are verified with. Those by certificate cannot be recognised without. */
  readonly trustedRoot?: TrustedRoot | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly signal?: AbortSignal | undefined;
}

export interface SignImageOptions extends WriteSignaturesOptions {
  /** Also what an index lists. */
  readonly recursive?: boolean | undefined;
}

/** What became of one image. */
export interface SignedImage {
  readonly subject: Descriptor;
  /** `present`: everything that was to be written was there, and valid. */
  readonly outcome: 'signed' | 'present';
  readonly written: readonly SignatureLocation[];
}

/**
 * Signs an image, and what it lists when asked to. What is signed already by the same key or identity is left as it is.
 *
 * @param image The image by digest; resolve a tag once, before.
 * @throws what the signer and the store throw; what was written until then is whole.
 */
export async function sign(
  store: ContentStore,
  image: Descriptor,
  options: SignImageOptions,
): Promise<readonly SignedImage[]> {
  const subjects = await subjectsOf(store, image, options);
  const signEach = (some: readonly Descriptor[]): Promise<SignedImage[]> =>
    mapOf(some, (subject) => signOne(store, subject, options), options.signal);
  // The image itself comes last: whoever finds it signed finds its parts signed.
  return [...(await signEach(subjects.slice(0, -1))), ...(await signEach(subjects.slice(-1)))];
}

async function signOne(
  store: ContentStore,
  subject: Descriptor,
  options: WriteSignaturesOptions,
): Promise<SignedImage> {
  const formats = await missingFormats(options, (policy) =>
    verify(store, subject, {
      policy,
      annotations: options.annotations,
      signatures: options.signatures,
      signal: options.signal,
    }),
  );
  const written = await mapOf(formats, (format) => write[format](store, subject, options), options.signal);
  return { subject, outcome: written.length === 0 ? 'present' : 'signed', written };
}

type Write = (
  store: ContentStore,
  subject: Descriptor,
  options: WriteSignaturesOptions,
) => Promise<SignatureLocation>;

const write: Readonly<Record<SignatureFormat, Write>> = {
  async bundle(store, subject, { signer, signatures = store, annotations, clock, signal }) {
    const payload = statementBytes({ digest: subject.digest, annotations }, signaturePredicateType, '{}');
    const content = { kind: 'envelope', payloadType: inTotoPayloadType, payload } as const;
    const material = await signer.sign(content, { format: 'bundle', signal });
    const about = { predicateType: signaturePredicateType, createdAt: clock(), signal };
    return await writeBundle(signatures, subject, material, about);
  },
  async legacy(
    store,
    subject,
    { signer, signatures = store, annotations = {}, reference = store.name, signal },
  ) {
    const bytes = simpleSigningBytes({ digest: subject.digest, reference, annotations });
    const material = await signer.sign({ kind: 'message', bytes }, { format: 'legacy', signal });
    return await writeLegacy(signatures, subject, material, { signal });
  },
};

/**
 * The formats in which there is no valid signature (or attestation) by the signer yet.
 * @param look Verifies what is there.
 */
export async function missingFormats(
  options: WriteSignaturesOptions,
  look: (policy: TrustPolicy) => Promise<Verdict>,
): Promise<readonly SignatureFormat[]> {
  const { signer, force, formats = ['bundle', 'legacy'], signal } = options;
  const policy = force ? undefined : await ownPolicy(options, signal);
  if (policy === undefined) return formats;
  const { accepted } = await look(policy);
  return formats.filter((format) => !accepted.some((found) => isAsGood(found, format, signer)));
}

/** Whether a new signature would say nothing more: a signer with a log does not leave it at one without. */
function isAsGood({ traits }: AcceptedSignature, format: SignatureFormat, { witnesses }: Signer): boolean {
  if (traits.format !== format) return false;
  // The old format has no place for what such a log gives.
  const wantsLog = witnesses.log === 'promised' || (witnesses.log === 'proven' && format === 'bundle');
  return !wantsLog || traits.log !== 'none';
}
