import { generateKeyPair as generate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from './algorithm.ts';
import { encryptPrivateKey } from './key-file.ts';
import { LocalPrivateKey } from './local-key.ts';

export interface GenerateOptions {
  /** Default `ecdsa-p256`, which every client of Sigstore knows. RSA keys get 3072 bits. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** For people, in messages. Default `cosign.key`. */
  readonly name?: string | undefined;
}

/** The two files of a key pair, as cosign writes them. */
export interface KeyPairFiles {
  /** Encrypted, for `cosign.key`. */
  readonly privateKey: string;
  /** For `cosign.pub`. */
  readonly publicKey: string;
}

const curveOf = { 'ecdsa-p256': 'prime256v1', 'ecdsa-p384': 'secp384r1', 'ecdsa-p521': 'secp521r1' } as const;
/** What NIST takes to be as strong as P-256 (SP 800-57 part 1, table 2). */
const rsaBits = 3072;

const generateOffThread = promisify(generate) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

/** Makes a new private key. */
export async function generatePrivateKey(options: GenerateOptions = {}): Promise<LocalPrivateKey> {
  const { algorithm = 'ecdsa-p256', name = 'cosign.key' } = options;
  return new LocalPrivateKey((await newKey(algorithm)).privateKey, name);
}

/** The files of a private key and its public half. @param password may be empty */
export async function keyPairFiles(key: LocalPrivateKey, password: string): Promise<KeyPairFiles> {
  return { privateKey: await encryptPrivateKey(key, password), publicKey: key.publicKey.pem };
}

/** A new key pair, as files. @param password may be empty */
export async function generateKeyPair(
  password: string,
  options: GenerateOptions = {},
): Promise<KeyPairFiles> {
  return keyPairFiles(await generatePrivateKey(options), password);
}

function newKey(algorithm: KeyAlgorithm): Promise<{ readonly privateKey: KeyObject }> {
  if (algorithm === 'rsa') return generateOffThread('rsa', { modulusLength: rsaBits });
  if (algorithm === 'ed25519') return generateOffThread('ed25519', {});
  return generateOffThread('ec', { namedCurve: curveOf[algorithm] });
}
