import { Buffer } from 'node:buffer';
import { LadingError } from '@lading/oci';
import * as z from 'zod';

/** How many of the services that could be used are used. */
export type ServiceSelector = 'ALL' | 'ANY' | { readonly exact: number };

/** One service as a signing config names it. */
export interface SigstoreService {
  /** The base address; of a timestamp authority the whole one. */
  readonly url: string;
  readonly majorApiVersion: number;
  readonly validFor: { readonly start?: Date | undefined; readonly end?: Date | undefined };
  readonly operator: string;
}

/** Which services take part in signing (`application/vnd.dev.sigstore.signingconfig.v0.2+json`). */
export interface SigningConfig {
  readonly certificateAuthorities: readonly SigstoreService[];
  readonly identityProviders: readonly SigstoreService[];
  readonly logs: readonly SigstoreService[];
  readonly logSelector: ServiceSelector;
  readonly timestampAuthorities: readonly SigstoreService[];
  readonly timestampSelector: ServiceSelector;
}

export const signingConfigMediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

/** Bytes, and services of one kind; the public one has about 2 KiB and a handful. */
const limits = { bytes: 1024 * 1024, services: 64 } as const;

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const serviceSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  majorApiVersion: z.number().int().nonnegative().default(0),
  validFor: z
    .object({ start: time.optional(), end: time.optional() })
    .default({})
    .refine(({ start, end }) => start === undefined || end === undefined || start <= end, {
      error: 'ends before it starts',
    }),
  operator: z.string().default(''),
});
const services = z.array(serviceSchema).max(limits.services).default([]);
// protobuf's JSON takes enumerations by name or number.
const selectorSchema = z
  .object({
    selector: z.union([z.enum(['ALL', 'ANY', 'EXACT']), z.literal([1, 2, 3])]),
    count: z.number().int().nonnegative().optional(),
  })
  .transform(({ selector, count = 0 }, context): ServiceSelector => {
    if (selector === 'ALL' || selector === 1) return 'ALL';
    if (selector === 'ANY' || selector === 2) return 'ANY';
    if (count < 1) context.addIssue({ code: 'custom', message: 'EXACT needs a count from 1 on' });
    return { exact: count };
  });
const configSchema = z
  .object({
    mediaType: z.literal(signingConfigMediaType),
    caUrls: services,
    oidcUrls: services,
    rekorTlogUrls: services,
    rekorTlogConfig: selectorSchema.optional(),
    tsaUrls: services,
    tsaConfig: selectorSchema.optional(),
  })
  .refine(({ rekorTlogUrls, rekorTlogConfig }) => rekorTlogUrls.length === 0 || rekorTlogConfig, {
    path: ['rekorTlogConfig'],
    error: 'is missing: it says how many of the logs are to be used',
  })
  .refine(({ tsaUrls, tsaConfig }) => tsaUrls.length === 0 || tsaConfig, {
    path: ['tsaConfig'],
    error: 'is missing: it says how many of the timestamp authorities are to be used',
  });

/**
 * Reads a signing config of version 0.2 (sigstore/protobuf-specs, sigstore_trustroot.proto).
 * @param name For messages: the file.
 * @throws {LadingError} `ERR_LADING_SIGNING_CONFIG`
 */
export function parseSigningConfig(json: string | Uint8Array, name = 'the signing config'): SigningConfig {
  const text = typeof json === 'string' ? json : Buffer.from(json).toString('utf8');
  if (text.length > limits.bytes) throw unreadable(name, `is longer than ${limits.bytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, 'is not JSON', cause);
  }
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw unreadable(name, `has a mistake: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    certificateAuthorities: data.caUrls,
    identityProviders: data.oidcUrls,
    logs: data.rekorTlogUrls,
    logSelector: data.rekorTlogConfig ?? 'ANY',
    timestampAuthorities: data.tsaUrls,
    timestampSelector: data.tsaConfig ?? 'ANY',
  };
}

function unreadable(name: string, what: string, cause?: unknown): LadingError {
  return new LadingError('ERR_LADING_SIGNING_CONFIG', `${name} ${what}`, {
    hint: `a signing config is a JSON file with the mediaType ${signingConfigMediaType}: lading signing-config create makes one`,
    cause,
  });
}

/** What `createSigningConfig` is given: the services of each kind. */
export type SigningConfigContent = Partial<SigningConfig>;

/** The JSON of a signing config. @throws {LadingError} `ERR_LADING_SIGNING_CONFIG` when it could not be read again. */
export function createSigningConfig(content: SigningConfigContent): string {
  const { certificateAuthorities, identityProviders, logs = [], timestampAuthorities = [] } = content;
  const json = JSON.stringify({
    mediaType: signingConfigMediaType,
    caUrls: certificateAuthorities,
    oidcUrls: identityProviders,
    ...(logs.length > 0 && { rekorTlogUrls: logs, rekorTlogConfig: selectorJson(content.logSelector) }),
    ...(timestampAuthorities.length > 0 && {
      tsaUrls: timestampAuthorities,
      tsaConfig: selectorJson(content.timestampSelector),
    }),
  });
  parseSigningConfig(json, 'this signing config');
  return json;
}

function selectorJson(selector: ServiceSelector = 'ANY'): object {
  return typeof selector === 'string' ? { selector } : { selector: 'EXACT', count: selector.exact };
}
