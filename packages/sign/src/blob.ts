import { bundleBytes, parseBundle } from './formats/bundle.ts';
import { MalformedError } from './formats/json.ts';
import type { SignatureMaterial } from './material.ts';
import type { Signer, SignOptions } from './signer.ts';
import type { MaterialVerdict, TrustPolicy } from './verify/types.ts';
import { verifyMaterial } from './verify/verify-material.ts';

/** A signature over a file: as a Sigstore bundle, and bare. */
export interface SignedBlob {
  /** Sigstore bundle v0.3, JSON. */
  readonly bundle: Uint8Array;
  readonly material: SignatureMaterial;
}

/** Signs bytes that are in no registry. @throws what the signer throws */
export async function signBlob(
  bytes: Uint8Array,
  signer: Signer,
  options: SignOptions = {},
): Promise<SignedBlob> {
  const material = await signer.sign({ kind: 'message', bytes }, { format: 'bundle', ...options });
  return { bundle: bundleBytes(material), material };
}

/**
 * Is this a signature over these bytes by somebody who is trusted?
 * @param signature a Sigstore bundle's bytes, or the bare signature, which only a key can have made
 */
export function verifyBlob(
  bytes: Uint8Array,
  signature: { readonly bundle: Uint8Array } | { readonly signature: Uint8Array },
  policy: TrustPolicy,
): MaterialVerdict {
  if ('signature' in signature) {
    const content = { kind: 'message', bytes } as const;
    const bare = {
      content,
      signature: signature.signature,
      signer: { kind: 'key' },
      logEntries: [],
      timestamps: [],
    } as const;
    return verifyMaterial(bare, policy);
  }
  try {
    const material = parseBundle(signature.bundle, bytes);
    if (material.content.kind !== 'message') {
      return {
        ok: false,
        code: 'other-statement',
        message: 'the bundle is an attestation, not a signature over a file',
      };
    }
    return verifyMaterial(material, policy);
  } catch (error) {
    if (error instanceof MalformedError) return { ok: false, code: 'malformed', message: error.message };
    throw error;
  }
}
