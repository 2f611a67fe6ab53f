import { createHash } from 'node:crypto';
import { type KeyPair, signWith, spkiOf } from '../pki/key.ts';

export interface CheckpointOptions {
  /** The first line: which log it is. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Whose signature it is, as the signature's line says. */
  readonly signerName: string;
  readonly keys: KeyPair;
}

/** What a log says of its state, as a signed note (C2SP tlog-checkpoint, signed-note). */
export function signedCheckpoint({ origin, size, root, signerName, keys }: CheckpointOptions): string {
  const text = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  const keyId = noteKeyId(signerName, keys).subarray(0, 4);
  const signature = Buffer.concat([keyId, signWith(keys.privateKey, Buffer.from(text))]);
  return `${text}\n— ${signerName} ${signature.toString('base64')}\n`;
}

/**
 * Which key a note is signed with. Ed25519 has a rule that covers the name (C2SP signed-note); for ECDSA there is only what Rekor does: the hash of the key.
 * A signature's line has the first four bytes, the log ID of Rekor v2 is all of it.
 */
export function noteKeyId(name: string, { publicKey }: KeyPair): Buffer {
  const spki = spkiOf(publicKey);
  const hash = createHash('sha256');
  if (publicKey.asymmetricKeyType !== 'ed25519') return hash.update(spki).digest();
  const raw = spki.subarray(-32);
  return hash.update(`${name}\n`).update(Uint8Array.of(1)).update(raw).digest();
}
