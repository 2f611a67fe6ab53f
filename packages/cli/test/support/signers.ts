import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, type KeyAlgorithm } from '@lading/sign';
import type { RunningSigstore } from '@lading/testkit/sigstore';
import type { Scratch } from './registries.ts';

/** Nothing of it may ever be printed. */
export const keyPassword = 'correct horse battery staple';

/** Writes a key pair into a folder, as `NAME.key` and `NAME.pub`. @returns the private key's file */
export async function writeKeys(
  { path }: Scratch,
  name: string,
  algorithm: KeyAlgorithm = 'ecdsa-p256',
): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair(keyPassword, { algorithm });
  await writeFile(join(path, `${name}.key`), privateKey);
  await writeFile(join(path, `${name}.pub`), publicKey);
  return privateKey;
}

export const person = 'ann@example.com';

/** Writes what is needed to sign by identity, and to verify it, into a folder. @returns the token */
export async function writeSigstoreFiles({ path }: Scratch, sigstore: RunningSigstore): Promise<string> {
  const token = await sigstore.identityToken({ email: person, email_verified: true });
  await writeFile(join(path, 'token'), token);
  await writeFile(join(path, 'root.json'), JSON.stringify(sigstore.trustedRoot));
  await writeFile(join(path, 'services.json'), JSON.stringify(sigstore.signingConfig()));
  return token;
}
