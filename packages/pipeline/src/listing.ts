import { type Descriptor, digestOf } from '@lading/oci';
import type { Attachment, AttachmentKind, Authority } from '@lading/sign';
import type { ContentStore } from '@lading/store';
import type { SigningAt } from './signing.ts';
import type { Listing } from './verified-listings.ts';

/** What an answer about an image's signatures or attestations depends on, beside who signs. */
export interface ListingQuestion {
  readonly attachments: readonly Attachment[];
  /** What is looked at. */
  readonly kinds: readonly AttachmentKind[];
  /** What is wanted of them: annotations, types of predicates. */
  readonly wanted: unknown;
}

/** What was asked and what there was, to be remembered; nothing when it is not known whose signature is looked for. */
export async function listingOf(
  store: ContentStore,
  image: Descriptor,
  { signer, formats, trustedRoot, signatures = store }: SigningAt,
  { attachments, kinds, wanted }: ListingQuestion,
  signal: AbortSignal | undefined,
): Promise<Listing | undefined> {
  const authority = await signer.authority({ signal });
  if (authority === undefined) return undefined;
  const question = [
    signatures.name,
    image.digest,
    nameOf(authority),
    signer.witnesses.log,
    formats,
    wanted,
    trustedRoot && fingerprintOf(trustedRoot),
  ];
  return {
    question: JSON.stringify(question),
    attached: attachments.flatMap(({ kind, tag, descriptor }) =>
      kinds.includes(kind) ? [`${kind} ${tag ?? ''} ${descriptor.digest}`] : [],
    ),
  };
}

function nameOf(authority: Authority): unknown {
  if (authority.kind === 'key') return authority.key.hint;
  const { identity, issuer, workflow } = authority;
  return { identity, issuer, workflow };
}

const fingerprints = new WeakMap<object, string>();

function fingerprintOf(trustedRoot: object): string {
  const known = fingerprints.get(trustedRoot);
  if (known !== undefined) return known;
  const fingerprint = digestOf(new TextEncoder().encode(JSON.stringify(trustedRoot)));
  fingerprints.set(trustedRoot, fingerprint);
  return fingerprint;
}
