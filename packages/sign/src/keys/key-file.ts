import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { LadingError } from '@lading/oci';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import * as z from 'zod';
import { type LocalPrivateKey, readPrivateKey } from './local-key.ts';
import { type PemBlock, pemBlocks, writePem } from './pem.ts';
import { strictBase64 } from './strict-base64.ts';

interface ScryptOptions {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const deriveOffThread = promisify(scrypt) as unknown as (
  password: string,
  salt: Uint8Array,
  length: number,
  options: ScryptOptions & { readonly maxmem: number },
) => Promise<Buffer>;

/** What cosign writes, and what it wrote before version 2. */
const labels = ['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY'] as const;

/** Bytes. */
const sizes = { key: 32, salt: 32, nonce: 24, tag: 16 } as const;

/** The settings that cosign knows (go-securesystemslib, encrypted.CheckParams); any other could make a file take all memory or years. */
const knownN: readonly number[] = [32_768, 65_536, 131_072];
const written: ScryptOptions = { N: 65_536, r: 8, p: 1 };

const bytes = z.string().transform((text, context) => {
  const decoded = strictBase64(text);
  if (decoded !== undefined) return decoded;
  context.addIssue('not base64');
  return z.NEVER;
});

const sizedBytes = (size: number): z.ZodType<Uint8Array, string> =>
  bytes.refine((value) => value.byteLength === size, `not ${size} bytes`);

const envelope = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({ N: z.literal(knownN), r: z.literal(written.r), p: z.literal(written.p) }),
    salt: sizedBytes(sizes.salt),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: sizedBytes(sizes.nonce) }),
  ciphertext: bytes.refine((value) => value.byteLength > sizes.tag, 'too short'),
});

/** True for the PEM blocks of cosign's encrypted key files. */
export function isEncryptedKey({ label }: PemBlock): boolean {
  return (labels as readonly string[]).includes(label);
}

/**
 * The private key of an encrypted key file of cosign.
 * @param password may be empty: cosign allows that
 * @throws {LadingError} `ERR_LADING_KEY` when this is no such file, or it is damaged; `ERR_LADING_KEY_PASSWORD`
 */
export async function decryptPrivateKey(
  pem: string | Uint8Array,
  password: string,
  options: { readonly name?: string | undefined } = {},
): Promise<LocalPrivateKey> {
  const { name = 'the key' } = options;
  const text = typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1');
  const block = pemBlocks(text, name).find(isEncryptedKey);
  if (block === undefined) {
    throw new LadingError('ERR_LADING_KEY', `${name} is no encrypted private key of cosign, or is damaged`, {
      hint: 'Make a key with lading keygen, or take over another one with lading keygen --import FILE.',
    });
  }
  const { kdf, cipher, ciphertext } = parseEnvelope(block.bytes, name);
  const key = await derive(password, kdf.salt, kdf.params);
  let secret: Uint8Array;
  try {
    secret = xsalsa20poly1305(key, cipher.nonce).decrypt(ciphertext);
  } catch {
    // The authentication tag cannot tell a wrong password from a damaged file.
    throw new LadingError('ERR_LADING_KEY_PASSWORD', `the password does not open ${name}`, {
      hint: 'COSIGN_PASSWORD is taken when it is set, even to nothing. If the password is right, the file is damaged.',
    });
  } finally {
    key.fill(0);
  }
  try {
    return await readPrivateKey(secret, 'pkcs8', name);
  } finally {
    secret.fill(0);
  }
}

/**
 * Encrypts a private key as cosign does: PEM for `cosign.key`.
 * @param password may be empty: then the file is as good as the key itself
 */
export async function encryptPrivateKey(key: LocalPrivateKey, password: string): Promise<string> {
  const salt = randomBytes(sizes.salt);
  const nonce = randomBytes(sizes.nonce);
  const derived = await derive(password, salt, written);
  const secret = key.exportSecret();
  try {
    const ciphertext = xsalsa20poly1305(derived, nonce).encrypt(secret);
    const text = JSON.stringify({
      kdf: { name: 'scrypt', params: written, salt: base64(salt) },
      cipher: { name: 'nacl/secretbox', nonce: base64(nonce) },
      ciphertext: base64(ciphertext),
    });
    return writePem(labels[0], Buffer.from(text));
  } finally {
    secret.fill(0);
    derived.fill(0);
  }
}

function parseEnvelope(json: Uint8Array, name: string): z.output<typeof envelope> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch {
    // The parser's message would quote the file.
    throw new LadingError('ERR_LADING_KEY', `${name} is damaged: it holds no JSON`);
  }
  const parsed = envelope.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new LadingError(
    'ERR_LADING_KEY',
    `${name} is damaged or not written by cosign: its ${where} is not as it has to be`,
    {
      hint: where.startsWith('kdf.params')
        ? `Only the scrypt settings of cosign are taken: N ${knownN.join(', ')}, r ${written.r}, p ${written.p}.`
        : undefined,
    },
  );
}

function derive(password: string, salt: Uint8Array, { N, r, p }: ScryptOptions): Promise<Buffer> {
  // scrypt needs 128 N r bytes; Node's own limit is below that.
  return deriveOffThread(password, salt, sizes.key, { N, r, p, maxmem: 256 * N * r });
}

function base64(value: Uint8Array): string {
  return Buffer.from(value).toString('base64');
}
