import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import type { ServiceConnection } from './ask-service.ts';
import type { FetchedToken } from './held-token.ts';
import { fetchOauthToken } from './oauth-token.ts';
import { serviceError } from './service-error.ts';

const scope = 'https://www.googleapis.com/auth/cloudkms';
const tokenUri = 'https://oauth2.googleapis.com/token';
/** Seconds that the assertion of a service account may be used; Google takes an hour at most. */
const assertionLifetime = 600;

/** A credentials file of Google's. */
export type GoogleCredentials = GoogleServiceAccount | GoogleUser;

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
      hint: 'Credentials of the types service_account and authorized_user are taken.',
    },
  );
}

/** The access token of a credentials file. @throws {LadingError} `ERR_LADING_KEY_SERVICE` */
export async function fetchGoogleToken(
  found: GoogleCredentials,
  connection: ServiceConnection & { readonly now: () => number },
  signal: AbortSignal | undefined,
): Promise<FetchedToken> {
  const form =
    found.type === 'service_account'
      ? assertionForm(found, connection.now())
      : {
          grant_type: 'refresh_token',
          client_id: found.client_id,
          client_secret: found.client_secret,
          refresh_token: found.refresh_token,
        };
  return fetchOauthToken(
    {
      service: 'Google’s token service',
      url: new URL(found.token_uri),
      form,
      secrets: Object.entries(form).flatMap(([name, value]) => (name === 'grant_type' ? [] : [value])),
      hint: 'Are the credentials that GOOGLE_APPLICATION_CREDENTIALS names still valid?',
    },
    connection,
    signal,
  );
}

/** The access token of the machine's own service account, from the metadata server of Google's clouds. */
export function fetchGoogleMachineToken(
  host: string,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<FetchedToken> {
  return fetchOauthToken(
    {
      service: 'Google’s metadata server',
      url: new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`),
      headers: { 'metadata-flavor': 'Google' },
      secrets: [],
      hint: 'Outside Google’s clouds, set GOOGLE_APPLICATION_CREDENTIALS to a credentials file.',
    },
    connection,
    signal,
  );
}

/** RFC 7523: a service account signs that it is itself. */
function assertionForm(account: GoogleServiceAccount, now: number): Record<string, string> {
  const issued = Math.floor(now / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(account.private_key_id && { kid: account.private_key_id }) };
  const claims = {
    iss: account.client_email,
    scope,
    aud: account.token_uri,
    iat: issued,
    exp: issued + assertionLifetime,
  };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  let key: KeyObject;
  try {
    key = createPrivateKey(account.private_key);
  } catch {
    throw serviceError(`the private key of ${account.client_email} cannot be read`);
  }
  const signature = sign('sha256', Buffer.from(signed), key).toString('base64url');
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${signed}.${signature}`,
  };
}
