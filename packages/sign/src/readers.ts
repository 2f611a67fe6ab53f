import { signaturePredicateType } from './formats/predicate-types.ts';
import type { KeyAlgorithm } from './keys/algorithm.ts';
import type { SignatureMaterial } from './material.ts';

/** A program that can check what was found, and what it has to be told for that. */
export interface Reader {
  readonly program: 'cosign 2' | 'cosign 3' | 'policy-controller' | 'Kyverno' | 'podman';
  /** Flags or settings, beside the key or identity. */
  readonly needs: readonly string[];
}

/** What decides who can read a signature. */
export interface ReadableTraits {
  readonly format: 'bundle' | 'legacy';
  readonly isAttestation: boolean;
  /** Under cosign's tag; what is attached in cosign's old format as a referrer is found by few. */
  readonly isTagged: boolean;
  readonly signer: 'key' | 'certificate';
  /** Of a key whose signature was verified. */
  readonly keyAlgorithm?: KeyAlgorithm | undefined;
  /** Rekor v1 promises a time with its entry, Rekor v2 does not. */
  readonly log: 'none' | 'promised' | 'proven';
  readonly isTimestamped: boolean;
}

export function traitsOf(
  material: Pick<SignatureMaterial, 'signer' | 'logEntries' | 'timestamps'>,
  place: Pick<ReadableTraits, 'format' | 'isAttestation' | 'isTagged' | 'keyAlgorithm'>,
): ReadableTraits {
  const isPromised = material.logEntries.some(({ inclusionPromise }) => inclusionPromise !== undefined);
  return {
    ...place,
    signer: material.signer.kind,
    log: material.logEntries.length === 0 ? 'none' : isPromised ? 'promised' : 'proven',
    isTimestamped: material.timestamps.length > 0,
  };
}

/** More referrers than Kyverno takes; it fails on them. */
const kyvernoReferrers = 50;

/**
 * Who can check one of these, in their versions of 2026. cosign 3 looks at bundles alone as soon as there is one.
 * @param referrers how many manifests refer to the image
 */
export function readersOf(found: readonly ReadableTraits[], referrers: number): readonly Reader[] {
  const legacy = found.filter(({ format, isTagged }) => format === 'legacy' && isTagged);
  const bundles = found.filter(({ format }) => format === 'bundle');
  return [
    reader('cosign 2', legacy, cosignFlags),
    reader('cosign 3', bundles.length > 0 ? bundles : legacy, cosignFlags),
    reader('policy-controller', legacy, logNeeds('no ctlog in its authority')),
    legacy.length === 0
      ? reader('policy-controller', bundles.filter(isForPolicyController), bundleNeeds)
      : undefined,
    legacy.length > 0
      ? reader('Kyverno', legacy, logNeeds('rekor: {ignoreTlog: true}'))
      : reader('Kyverno', referrers <= kyvernoReferrers ? bundles : [], ({ signer }) => [
          'type: SigstoreBundle',
          ...(signer === 'key' ? ['version 1.19 or later'] : []),
        ]),
    reader(
      'podman',
      // Without a promised time it does not believe a certificate; attestations it does not read.
      legacy.filter(
        ({ isAttestation, signer, log }) => !isAttestation && (signer === 'key' || log === 'promised'),
      ),
      () => ['use-sigstore-attachments: true'],
    ),
  ].filter((found) => found !== undefined);
}

/** It finds no bundles that were signed with a key (0.13). */
function isForPolicyController({ signer }: ReadableTraits): boolean {
  return signer === 'certificate';
}

/** It reads bundles for attestations alone; a signature is one of its own type. */
function bundleNeeds({ isAttestation }: ReadableTraits): readonly string[] {
  const asAttestation = isAttestation ? [] : [`attestations: [{predicateType: ${signaturePredicateType}}]`];
  return ['signatureFormat: bundle', ...asAttestation];
}

type Needs = (traits: ReadableTraits) => readonly string[];

/** Of several that a program can read, the one that needs the least. */
function reader(
  program: Reader['program'],
  candidates: readonly ReadableTraits[],
  needs: Needs,
): Reader | undefined {
  const [least] = candidates.map(needs).sort((a, b) => a.length - b.length);
  return least && { program, needs: least };
}

/** cosign takes SHA-256 for every curve, its own keys' included. */
const otherHashes: Readonly<Partial<Record<KeyAlgorithm, string>>> = {
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
};

function cosignFlags({ log, isTimestamped, format, keyAlgorithm }: ReadableTraits): readonly string[] {
  const { [keyAlgorithm ?? 'rsa']: hash } = otherHashes;
  const readsLog = format === 'bundle' ? log !== 'none' : log === 'promised';
  return [
    ...(readsLog ? [] : ['--insecure-ignore-tlog']),
    ...(isTimestamped && log !== 'promised' ? ['--use-signed-timestamps'] : []),
    ...(hash === undefined ? [] : [`--signature-digest-algorithm ${hash}`]),
  ];
}

function logNeeds(withoutLog: string): Needs {
  return ({ log }) => (log === 'promised' ? [] : [withoutLog]);
}
