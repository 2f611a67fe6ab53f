import type { RekorEntry } from './rekor.ts';

/** `TransparencyLogEntry` of sigstore/protobuf-specs as JSON: whole numbers of 64 bits are texts, bytes are base64. */
export interface TransparencyLogEntryJson {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly integratedTime: string;
  readonly inclusionPromise: { readonly signedEntryTimestamp: string } | null;
  readonly inclusionProof: {
    readonly logIndex: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
  readonly canonicalizedBody: string;
}

/** An answer of Rekor v1 as it stands in a bundle. */
export function toTransparencyLogEntry(entry: RekorEntry): TransparencyLogEntryJson {
  const { kind, apiVersion } = JSON.parse(Buffer.from(entry.body, 'base64').toString());
  const { inclusionProof, signedEntryTimestamp } = entry.verification;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: base64(entry.logID) },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(inclusionProof.logIndex),
      rootHash: base64(inclusionProof.rootHash),
      treeSize: String(inclusionProof.treeSize),
      hashes: inclusionProof.hashes.map(base64),
      checkpoint: { envelope: inclusionProof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
