import { Buffer } from 'node:buffer';
import { createPublicKey } from 'node:crypto';
import type { TransparencyLogInstance, TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { type PublicKey, publicKey } from '../keys/public-key.ts';

/** A transparency log to believe. */
export interface TrustedLog {
  readonly url: string;
  /** The ID that entries name it by; the first four bytes mark its signatures of checkpoints. */
  readonly id: Buffer;
  readonly key: PublicKey;
  readonly start: Date | undefined;
  readonly end: Date | undefined;
}

/** A trusted root, as far as it is understood. */
export interface Trust {
  readonly logs: readonly TrustedLog[];
  readonly material: TrustMaterial;
}

const nothing: TrustedRoot = {
  mediaType: '',
  tlogs: [],
  ctlogs: [],
  certificateAuthorities: [],
  timestampAuthorities: [],
};

/**
 * What a trusted root names. What cannot be understood (a log with a kind of key that came later) is left out: it makes nothing else
 * untrusted, and nothing is trusted by it.
 */
export function trustIn(root: TrustedRoot = nothing): Trust {
  const each = <Part, Understood>(parts: readonly Part[], read: (part: Part) => readonly Understood[]) =>
    parts.flatMap((part) => {
      try {
        return read(part);
      } catch {
        return [];
      }
    });
  const read = (part: Partial<TrustedRoot>): TrustMaterial => toTrustMaterial({ ...nothing, ...part });
  return {
    logs: each(root.tlogs, (log) => [trustedLog(log)]),
    material: {
      ...read({}),
      tlogs: [],
      ctlogs: each(root.ctlogs, (log) => read({ ctlogs: [log] }).ctlogs),
      certificateAuthorities: each(
        root.certificateAuthorities,
        (authority) => read({ certificateAuthorities: [authority] }).certificateAuthorities,
      ),
      timestampAuthorities: each(
        root.timestampAuthorities,
        (authority) => read({ timestampAuthorities: [authority] }).timestampAuthorities,
      ),
    },
  };
}

function trustedLog({
  baseUrl,
  publicKey: key,
  logId,
  checkpointKeyId,
}: TransparencyLogInstance): TrustedLog {
  const id = Buffer.from((checkpointKeyId ?? logId)!.keyId);
  if (id.byteLength < 4) throw new RangeError('the log has no ID');
  const { start, end } = key!.validFor ?? {};
  return { url: baseUrl, id, key: logKey(Buffer.from(key!.rawBytes!)), start, end };
}

function logKey(der: Buffer): PublicKey {
  try {
    return publicKey(createPublicKey({ key: der, format: 'der', type: 'spki' }));
  } catch {
    // Old roots have RSA keys in their own format.
    return publicKey(createPublicKey({ key: der, format: 'der', type: 'pkcs1' }));
  }
}
