import type { RunningSigstore } from '@lading/testkit/sigstore';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { bundleBytes } from '../../../src/formats/bundle.ts';
import {
  generatePrivateKey,
  type PrivateKey,
  parseIdentityToken,
  parseSigningConfig,
  type TokenSource,
} from '../../../src/index.ts';
import type { KeyAlgorithm } from '../../../src/keys/algorithm.ts';
import type { SignatureMaterial, SignedContent } from '../../../src/material.ts';
import type { SigningConfig } from '../../../src/services/signing-config.ts';

/** An attestation's and a simple signature's content. */
export const envelope: SignedContent = {
  kind: 'envelope',
  payloadType: 'application/vnd.in-toto+json',
  payload: Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'ab'.repeat(32) } }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    }),
  ),
};
export const message: SignedContent = { kind: 'message', bytes: Buffer.from('{"critical":{}}') };

export function configOf(
  sigstore: RunningSigstore,
  options: Parameters<RunningSigstore['signingConfig']>[0] = {},
): SigningConfig {
  return parseSigningConfig(JSON.stringify(sigstore.signingConfig(options)));
}

export function tokensOf(jwt: () => string): TokenSource {
  return { token: async () => parseIdentityToken(jwt(), 'the test') };
}

export async function privateKey(algorithm: KeyAlgorithm = 'ecdsa-p256'): Promise<PrivateKey> {
  return generatePrivateKey({ algorithm });
}

export interface Thresholds {
  readonly logs: number;
  readonly timestamps: number;
}

/** Has sigstore-js judge a signature, as a bundle: its own rules, not ours. Throws when it does not hold. */
export function judgedBySigstoreJs(
  sigstore: RunningSigstore,
  material: SignatureMaterial,
  { logs, timestamps }: Thresholds,
  key?: PrivateKey,
): void {
  const bundle = bundleFromJSON(JSON.parse(Buffer.from(bundleBytes(material)).toString()));
  const root = TrustedRoot.fromJSON(sigstore.trustedRoot);
  const trust = toTrustMaterial(root, () => ({
    publicKey: key!.publicKey.keyObject,
    validFor: () => true,
  }));
  const verifier = new Verifier(trust, {
    tlogThreshold: logs,
    timestampThreshold: timestamps,
    ctlogThreshold: material.signer.kind === 'certificate' ? 1 : 0,
  });
  const data = material.content.kind === 'message' ? Buffer.from(material.content.bytes) : undefined;
  verifier.verify(toSignedEntity(bundle, data));
}
