import { createHash, type Hash } from 'node:crypto';
import { LadingError } from './errors.ts';

/** The digest algorithms whose content lading can verify. */
export type DigestAlgorithm = 'sha256' | 'sha512';

/** `algorithm:encoded`, for example `sha256:e3b0c442…` (image-spec, descriptor.md, Digests). */
export type Digest = `${DigestAlgorithm}:${string}`;

const encodedLength: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** True when `value` is a well-formed sha256 or sha512 digest. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && digestPattern.test(value);
}

/**
 * Checks a digest.
 * @throws {LadingError} `ERR_LADING_DIGEST`: the algorithm is unknown, or the hexadecimal part has the wrong length or letters.
 */
export function parseDigest(value: string): Digest {
  if (isDigest(value)) return value;
  const algorithm = value.slice(0, Math.max(0, value.indexOf(':')));
  const why = Object.hasOwn(encodedLength, algorithm)
    ? `${algorithm}: is followed by ${encodedLength[algorithm as DigestAlgorithm]} lower-case hexadecimal digits`
    : 'a digest starts with sha256: or sha512:';
  throw new LadingError('ERR_LADING_DIGEST', `invalid digest ${JSON.stringify(value.slice(0, 160))}: ${why}`);
}

/** The algorithm part of a digest. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The hexadecimal part of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest of bytes that are in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/**
 * Checks size and digest of content that flows by in chunks.
 *
 * `update` throws as soon as there are too many bytes; `finish` throws when there were too few or they hash to something else.
 * A caller that holds the last chunk back until `finish` has returned never hands on wrong content.
 */
export class ContentVerifier {
  readonly #expected: { readonly digest: Digest; readonly size: number };
  readonly #hash: Hash;
  #seen = 0;

  constructor(expected: { readonly digest: Digest; readonly size: number }) {
    this.#expected = expected;
    this.#hash = createHash(digestAlgorithm(parseDigest(expected.digest)));
  }

  /** The number of bytes seen so far. */
  get seen(): number {
    return this.#seen;
  }

  /** @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`: more bytes than the descriptor's size. */
  update(chunk: Uint8Array): void {
    this.#seen += chunk.byteLength;
    if (this.#seen > this.#expected.size) {
      throw this.#mismatch(`is longer than the ${this.#expected.size} bytes that its descriptor says`);
    }
    this.#hash.update(chunk);
  }

  /**
   * `update`, and `finish` with the last byte: for who passes a chunk on at once and holds none back.
   * @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`: too many bytes, or another digest. That there are too few, `finish` tells.
   */
  take(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.update(chunk);
    if (this.#seen === this.#expected.size) this.finish();
  }

  /** @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`: too few bytes, or another digest. */
  finish(): void {
    if (this.#seen !== this.#expected.size) {
      throw this.#mismatch(`ended after ${this.#seen} of ${this.#expected.size} bytes`);
    }
    const actual = `${digestAlgorithm(this.#expected.digest)}:${this.#hash.digest('hex')}`;
    if (actual !== this.#expected.digest) throw this.#mismatch(`hashes to ${actual}`);
  }

  #mismatch(what: string): LadingError<'ERR_LADING_CONTENT_MISMATCH'> {
    return new LadingError('ERR_LADING_CONTENT_MISMATCH', `content of ${this.#expected.digest} ${what}`);
  }
}

/**
 * Checks bytes that are in memory against a descriptor.
 * @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`
 */
export function verifyContent(
  expected: { readonly digest: Digest; readonly size: number },
  bytes: Uint8Array,
): void {
  const verifier = new ContentVerifier(expected);
  verifier.update(bytes);
  verifier.finish();
}
