import type { Reader, SignatureLocation, VerifiedSigner } from '@lading/sign';

/** How people know where a signature is: `bundle`, `.sig`, `.att`. */
export function attachedAs({ format, tag }: Pick<SignatureLocation, 'format' | 'tag'>): string {
  if (format === 'bundle') return 'bundle';
  return tag === undefined ? 'cosign’s old format as a referrer' : (/\.[a-z]+$/.exec(tag)?.[0] ?? tag);
}

/** Who signed, as people know them: the key's file, or the identity and its issuer. */
export function signerName(signer: VerifiedSigner): string {
  if (signer.kind === 'key') return signer.key.name ?? signer.key.hint;
  return `${signer.identity} of ${signer.issuer}`;
}

/** `a`, `a and b`, `a, b and c`; each once. */
export function enumeration(words: readonly string[]): string {
  const distinct = [...new Set(words)];
  return distinct.length < 2
    ? distinct.join('')
    : `${distinct.slice(0, -1).join(', ')} and ${distinct.at(-1)}`;
}

/** Those that run images before those that let them into clusters. */
const otherPrograms: readonly Reader['program'][] = ['podman', 'policy-controller', 'Kyverno'];

/** Programs as people name them: the two versions of cosign together. */
export function programNames(programs: readonly Reader['program'][]): readonly string[] {
  const versions = programs.flatMap((program) => /^cosign (\d+)$/.exec(program)?.[1] ?? []);
  const others = otherPrograms.filter((program) => programs.includes(program));
  return [...(versions.length === 0 ? [] : [`cosign ${enumeration(versions)}`]), ...others];
}
