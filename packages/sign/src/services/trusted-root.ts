import { Buffer } from 'node:buffer';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { LadingError } from '@lading/oci';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import * as z from 'zod';

export const trustedRootMediaTypes: readonly [string, ...string[]] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];

/** Bytes, and entries of one kind; the public one has about 10 KiB and a handful. */
const limits = { bytes: 4 * 1024 * 1024, entries: 256 } as const;

const bytes = z.base64().min(1);
const time = z.iso.datetime({ offset: true });
const validFor = z.object({ start: time.optional(), end: time.optional() });
const certificate = z.object({
  rawBytes: bytes.refine((base64) => isReadable(() => new X509Certificate(Buffer.from(base64, 'base64'))), {
    error: 'is no certificate',
  }),
});
const authoritySchema = z.object({
  certChain: z.object({ certificates: z.array(certificate).min(1).max(16) }),
  uri: z.string().optional(),
  validFor: validFor.optional(),
});
const logSchema = z.object({
  baseUrl: z.string().default(''),
  hashAlgorithm: z.union([z.string(), z.number()]),
  publicKey: z.object({
    rawBytes: bytes.refine((base64) => isReadable(() => readKey(base64)), { error: 'is no public key' }),
    keyDetails: z.union([z.string(), z.number()]),
    validFor: validFor.optional(),
  }),
  logId: z.object({ keyId: bytes }).optional(),
  checkpointKeyId: z.object({ keyId: bytes }).optional(),
});
const rootSchema = z.object({
  mediaType: z.literal([...trustedRootMediaTypes]),
  tlogs: z.array(logSchema).max(limits.entries).default([]),
  certificateAuthorities: z.array(authoritySchema).max(limits.entries).default([]),
  ctlogs: z.array(logSchema).max(limits.entries).default([]),
  timestampAuthorities: z.array(authoritySchema).max(limits.entries).default([]),
});

/**
 * Reads a trusted root (sigstore/protobuf-specs, sigstore_trustroot.proto): whom to believe. Nothing is asked on the network.
 * @param name For messages: the file.
 * @throws {LadingError} `ERR_LADING_TRUSTED_ROOT`
 */
export function parseTrustedRoot(json: string | Uint8Array, name = 'the trusted root'): TrustedRoot {
  const text = typeof json === 'string' ? json : Buffer.from(json).toString('utf8');
  if (text.length > limits.bytes) throw unreadable(name, `is longer than ${limits.bytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, 'is not JSON', cause);
  }
  // The decoder takes what is not base64 or no date for something else, silently.
  const parsed = rootSchema.safeParse(value);
  if (!parsed.success) throw unreadable(name, `has a mistake: ${z.prettifyError(parsed.error)}`);
  try {
    return TrustedRoot.fromJSON(value);
  } catch (cause) {
    throw unreadable(name, `cannot be read: ${(cause as Error).message}`, cause);
  }
}

/** Rekor v1's and certificate transparency's keys are SubjectPublicKeyInfo; so are the others. */
function readKey(base64: string): void {
  createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function unreadable(name: string, what: string, cause?: unknown): LadingError {
  return new LadingError('ERR_LADING_TRUSTED_ROOT', `${name} ${what}`, {
    hint: `a trusted root is a JSON file with the mediaType ${trustedRootMediaTypes[0]}: lading trusted-root create makes one`,
    cause,
  });
}
