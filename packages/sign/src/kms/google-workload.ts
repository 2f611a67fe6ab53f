import * as z from 'zod';
import { askService, type ServiceConnection } from './ask-service.ts';
import type { GoogleWorkload } from './google-credentials.ts';
import type { FetchedToken } from './held-token.ts';
import { fetchOauthToken } from './oauth-token.ts';
import { serviceError } from './service-error.ts';

/** What Google's KMS needs. */
export const googleScope = 'https://www.googleapis.com/auth/cloudkms';

export interface GoogleTokenIo extends ServiceConnection {
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly readText: (path: string, signal: AbortSignal | undefined) => Promise<string>;
}

/** The issuer's token is changed for one of Google's, and that for one of a service account when the file names one. */
export async function fetchWorkloadToken(
  found: GoogleWorkload,
  io: GoogleTokenIo,
  signal: AbortSignal | undefined,
): Promise<FetchedToken> {
  const subject = await subjectToken(found.credential_source, io, signal);
  const impersonated = found.service_account_impersonation_url;
  const own = await fetchOauthToken(
    {
      service: 'Google’s token service',
      url: new URL(found.token_url),
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: found.audience,
        scope: impersonated === undefined ? googleScope : 'https://www.googleapis.com/auth/cloud-platform',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token: subject,
        subject_token_type: found.subject_token_type,
      },
      secrets: [subject],
      hint: 'Does the workload identity provider take tokens of this issuer and this subject?',
    },
    io,
    signal,
  );
  if (impersonated === undefined) return own;
  const { accessToken, expireTime } = await askService(
    {
      service: 'Google’s service accounts',
      method: 'POST',
      url: new URL(impersonated),
      headers: { authorization: `Bearer ${own.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: [googleScope] }),
      secrets: [own.token],
      answer: z.object({ accessToken: z.string().min(1), expireTime: z.iso.datetime() }),
      explain: () => ({
        hint: 'The workload needs the role roles/iam.workloadIdentityUser on the service account.',
      }),
    },
    io,
    signal,
  );
  return { token: accessToken, lifetimeMs: Date.parse(expireTime) - io.now() };
}

async function subjectToken(
  source: GoogleWorkload['credential_source'],
  io: GoogleTokenIo,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { file, url, headers = {}, format } = source;
  const field = format?.type === 'json' ? format.subject_token_field_name : undefined;
  const read = (text: string): string => {
    const token = field === undefined ? text : (JSON.parse(text) as Record<string, unknown>)[field];
    return typeof token === 'string' ? token.trim() : '';
  };
  if (file !== undefined) {
    const token = readOrNothing(read, await io.readText(file, signal));
    if (token !== '') return token;
    throw serviceError(`there is no token in ${file}, which Google’s credentials name`);
  }
  if (url === undefined) {
    throw serviceError('Google’s credentials take their token from neither a file nor a URL', {
      hint: 'Credentials of AWS and of programs are not taken.',
    });
  }
  return askService(
    {
      service: 'The issuer of the token for Google',
      method: 'GET',
      url: new URL(url),
      headers,
      secrets: Object.values(headers),
      answer: z.string().min(1),
      parse: read,
      explain: () => ({ hint: 'Credentials of a CI’s job are good for that job alone.' }),
    },
    io,
    signal,
  );
}

/** What is not what it should be may be a secret all the same: the parser's words would quote it. */
function readOrNothing(read: (text: string) => string, text: string): string {
  try {
    return read(text);
  } catch {
    return '';
  }
}
