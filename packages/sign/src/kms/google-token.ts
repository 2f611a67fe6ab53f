import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { ServiceConnection } from './ask-service.ts';
import type { GoogleCredentials, GoogleServiceAccount } from './google-credentials.ts';
import { fetchWorkloadToken, type GoogleTokenIo, googleScope } from './google-workload.ts';
import type { FetchedToken } from './held-token.ts';
import { fetchOauthToken } from './oauth-token.ts';
import { serviceError } from './service-error.ts';

/** Seconds that the assertion of a service account may be used; Google takes an hour at most. */
const assertionLifetime = 600;

const credentialsHint = 'Are the credentials that GOOGLE_APPLICATION_CREDENTIALS names still valid?';

/** The access token of a credentials file. @throws {LadingError} `ERR_LADING_KEY_SERVICE` */
export async function fetchGoogleToken(
  found: GoogleCredentials,
  io: GoogleTokenIo,
  signal: AbortSignal | undefined,
): Promise<FetchedToken> {
  if (found.type === 'external_account') return fetchWorkloadToken(found, io, signal);
  const form =
    found.type === 'service_account'
      ? assertionForm(found, io.now())
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
      hint: credentialsHint,
    },
    io,
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
    scope: googleScope,
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
