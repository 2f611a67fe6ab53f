import { constants, createECDH, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto';

/** Name for Node, order of the group (SP 800-186, 3.2.1), bytes of a number. */
const curves = {
  'P-256': ['prime256v1', 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n, 32],
  'P-384': [
    'secp384r1',
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    48,
  ],
  'P-521': [
    'secp521r1',
    BigInt(`0x1${'f'.repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`),
    66,
  ],
} as const;

/** DigestInfo up to the digest (RFC 8017, 9.2), for SHA-256. */
const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * Signs a digest, as key services do and Node cannot: ECDSA (FIPS 186-5, 6.4.1), or RSA PKCS #1 v1.5 with SHA-256.
 * @returns for ECDSA r and s one after the other
 */
export function signDigest(key: KeyObject, digest: Uint8Array): Buffer {
  if (key.asymmetricKeyType === 'rsa') {
    const padding = constants.RSA_PKCS1_PADDING;
    return privateEncrypt({ key, padding }, Buffer.concat([sha256Info, digest]));
  }
  const { crv, d = '' } = key.export({ format: 'jwk' });
  const [name, order, size] = curves[crv as keyof typeof curves];
  const secret = number(Buffer.from(d, 'base64url'));
  const nonce = (number(randomBytes(size)) % (order - 1n)) + 1n;
  const point = createECDH(name);
  point.setPrivateKey(bytes(nonce, size));
  const r = number(point.getPublicKey().subarray(1, 1 + size)) % order;
  const s = (inverse(nonce, order) * (number(digest) + r * secret)) % order;
  return Buffer.concat([bytes(r, size), bytes(s, size)]);
}

function number(value: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(value).toString('hex')}`);
}

function bytes(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
}

/** By Fermat: the order is prime. */
function inverse(value: bigint, order: bigint): bigint {
  let [base, exponent, result] = [value % order, order - 2n, 1n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % order;
    base = (base * base) % order;
  }
  return result;
}
