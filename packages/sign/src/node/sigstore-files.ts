import { open } from 'node:fs/promises';
import { LadingError } from '@lading/oci';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { parseSigningConfig, type SigningConfig } from '../services/signing-config.ts';
import { parseTrustedRoot } from '../services/trusted-root.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

const documentNames = {
  ERR_LADING_TRUSTED_ROOT: 'trusted root file',
  ERR_LADING_SIGNING_CONFIG: 'signing config file',
} as const;

const missingHints = {
  ERR_LADING_TRUSTED_ROOT: 'lading trusted-root create makes one.',
  // A slip in "public" or "none" is taken for a file's name.
  ERR_LADING_SIGNING_CONFIG:
    'Transparency is public, none, or a signing config file; lading signing-config create makes one.',
} as const;

/** Bytes; the public files have about 10 KiB. */
const maxBytes = 4 * 1024 * 1024;

/** A trusted root from a file. The network is not touched. @throws {LadingError} `ERR_LADING_TRUSTED_ROOT` */
export async function trustedRootFromFile(path: string, options: ReadOptions = {}): Promise<TrustedRoot> {
  return parseTrustedRoot(await readDocument(path, 'ERR_LADING_TRUSTED_ROOT', options), path);
}

/** A signing config from a file. The network is not touched. @throws {LadingError} `ERR_LADING_SIGNING_CONFIG` */
export async function signingConfigFromFile(path: string, options: ReadOptions = {}): Promise<SigningConfig> {
  return parseSigningConfig(await readDocument(path, 'ERR_LADING_SIGNING_CONFIG', options), path);
}

async function readDocument(
  path: string,
  code: 'ERR_LADING_TRUSTED_ROOT' | 'ERR_LADING_SIGNING_CONFIG',
  { signal }: ReadOptions,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    await using file = await open(path);
    for await (const chunk of file.createReadStream({ autoClose: false, ...(signal && { signal }) })) {
      size += (chunk as Buffer).byteLength;
      if (size > maxBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    const what = documentNames[code];
    const reason = (cause as { readonly code?: unknown }).code;
    if (reason !== 'ENOENT') throw new LadingError(code, `the ${what} ${path} cannot be read`, { cause });
    throw new LadingError(code, `there is no ${what} ${path}`, { hint: missingHints[code], cause });
  }
  if (size > maxBytes) throw new LadingError(code, `${path} is longer than ${maxBytes} bytes`);
  return Buffer.concat(chunks);
}
