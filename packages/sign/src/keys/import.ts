import { LadingError } from '@lading/oci';
import { isEncryptedKey } from './key-file.ts';
import { type LocalPrivateKey, readPrivateKey } from './local-key.ts';
import { type PemBlock, pemBlocks } from './pem.ts';

const encodings: Readonly<Record<string, 'pkcs8' | 'sec1' | 'pkcs1'>> = {
  'PRIVATE KEY': 'pkcs8',
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
};

/** True for PEM blocks of private keys that anyone can read. */
export function isPlainKey({ label }: PemBlock): boolean {
  return Object.hasOwn(encodings, label);
}

/**
 * A private key that is not encrypted, as OpenSSL and others write it: PKCS #8, SEC 1 (`EC PRIVATE KEY`) or PKCS #1 (`RSA PRIVATE KEY`), PEM.
 * @throws {LadingError} `ERR_LADING_KEY` when there is none, it is damaged, or too weak
 */
export async function importPrivateKey(
  pem: string | Uint8Array,
  options: { readonly name?: string | undefined } = {},
): Promise<LocalPrivateKey> {
  const { name = 'the key' } = options;
  const blocks = pemBlocks(typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1'), name);
  const block = blocks.find(isPlainKey);
  if (block === undefined) throw noPlainKey(blocks, name);
  return readPrivateKey(block.bytes, encodings[block.label]!, name);
}

function noPlainKey(blocks: readonly PemBlock[], name: string): LadingError<'ERR_LADING_KEY'> {
  if (blocks.some(isEncryptedKey)) {
    return new LadingError('ERR_LADING_KEY', `${name} is a key of cosign already`, {
      hint: 'It can be used as it is, with --key.',
    });
  }
  if (blocks.some(({ label }) => label === 'ENCRYPTED PRIVATE KEY')) {
    return new LadingError('ERR_LADING_KEY', `${name} is encrypted`, {
      hint: `Take the encryption off first, for example: openssl pkcs8 -in ${name} -out plain.pem`,
    });
  }
  return new LadingError('ERR_LADING_KEY', `${name} holds no private key in PEM format`, {
    hint: 'PEM blocks PRIVATE KEY, EC PRIVATE KEY and RSA PRIVATE KEY are taken.',
  });
}
