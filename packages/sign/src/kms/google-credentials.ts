import * as z from 'zod';
import { serviceError } from './service-error.ts';

const tokenUri = 'https://oauth2.googleapis.com/token';

/** A credentials file of Google's. */
export type GoogleCredentials = GoogleServiceAccount | GoogleUser | GoogleWorkload;

export interface GoogleServiceAccount {
  readonly type: 'service_account';
  readonly client_email: string;
  /** PKCS #8, PEM. */
  readonly private_key: string;
  readonly private_key_id?: string | undefined;
  readonly token_uri: string;
}

/** Of `gcloud auth application-default login`. */
export interface GoogleUser {
  readonly type: 'authorized_user';
  readonly client_id: string;
  readonly client_secret: string;
  readonly refresh_token: string;
  readonly token_uri: string;
}

/** Workload identity federation: somebody that another issuer vouches for, a CI's job for example. */
export interface GoogleWorkload {
  readonly type: 'external_account';
  readonly audience: string;
  readonly subject_token_type: string;
  readonly token_url: string;
  /** Whom to become; without it one is who one is. */
  readonly service_account_impersonation_url?: string | undefined;
  /** Where the issuer's token is. */
  readonly credential_source: {
    readonly file?: string | undefined;
    readonly url?: string | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly format?:
      | { readonly type: string; readonly subject_token_field_name?: string | undefined }
      | undefined;
  };
}

const credentials: z.ZodType<GoogleCredentials> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('service_account'),
    client_email: z.string(),
    private_key: z.string(),
    private_key_id: z.string().optional(),
    token_uri: z.url().default(tokenUri),
  }),
  z.object({
    type: z.literal('authorized_user'),
    client_id: z.string(),
    client_secret: z.string(),
    refresh_token: z.string(),
    token_uri: z.url().default(tokenUri),
  }),
  z.object({
    type: z.literal('external_account'),
    audience: z.string(),
    subject_token_type: z.string(),
    token_url: z.url(),
    service_account_impersonation_url: z.url().optional(),
    credential_source: z.object({
      file: z.string().optional(),
      url: z.url().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      format: z.object({ type: z.string(), subject_token_field_name: z.string().optional() }).optional(),
    }),
  }),
]);

/**
 * Reads a credentials file.
 * @param name of the file, for messages
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`
 */
export function parseGoogleCredentials(text: string, name: string): GoogleCredentials {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote the file.
    throw serviceError(`${name} is no credentials file of Google: it holds no JSON`);
  }
  const parsed = credentials.safeParse(value);
  if (parsed.success) return parsed.data;
  const { type } = (value ?? {}) as { type?: unknown };
  throw serviceError(
    `${name} cannot be used: its type is ${JSON.stringify(type)?.slice(0, 40)}, or a part is missing`,
    {
      hint: 'Credentials of the types service_account, authorized_user and external_account (with a file or a URL) are taken.',
    },
  );
}
