import { LadingError } from '@lading/oci';
import { strictBase64 } from './strict-base64.ts';

/** A block of PEM (RFC 7468). */
export interface PemBlock {
  /** `PUBLIC KEY` */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Characters of a key file; the longest sensible key has a tenth of it. */
const maxLength = 65_536;

/** Windows line ends and spaces around lines are taken, as they come from copying; anything else that does not belong there is not. */
const block =
  /-----BEGIN ([A-Z0-9][A-Z0-9 ]*)-----[ \t]*\r?\n((?:[ \t]*[A-Za-z0-9+/=]+[ \t]*\r?\n)+)[ \t]*-----END \1-----/g;

/**
 * The blocks of a PEM file, in their order. Text around them is skipped, as the RFC has it; blocks that are damaged are no blocks.
 * @throws {LadingError} `ERR_LADING_KEY` when the file is too long for a key
 */
export function pemBlocks(text: string, name: string): readonly PemBlock[] {
  if (text.length > maxLength) {
    throw new LadingError('ERR_LADING_KEY', `${name} is too long for a key: more than ${maxLength} bytes`);
  }
  return [...text.matchAll(block)].flatMap(([, label = '', body = '']) => {
    const bytes = strictBase64(body.replace(/\s+/g, ''));
    return bytes === undefined ? [] : [{ label, bytes }];
  });
}

/** Writes one block, with lines of 64 characters as the RFC asks for. */
export function writePem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,64}/g);
  return [`-----BEGIN ${label}-----`, ...(lines ?? []), `-----END ${label}-----`, ''].join('\n');
}
