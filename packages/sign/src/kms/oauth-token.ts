import * as z from 'zod';
import { askService, type Refusal, type ServiceConnection } from './ask-service.ts';
import type { FetchedToken } from './held-token.ts';

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  // Azure's older endpoints write numbers as text.
  expires_in: z.coerce.number().positive().default(300),
});
const refusal = z.object({ error: z.string().optional(), error_description: z.string().optional() });

export interface TokenRequest {
  /** For people: `Google’s token service`. */
  readonly service: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as a form; without it the token is only read. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly secrets: readonly string[];
  readonly hint: string;
}

/**
 * Asks for an OAuth 2 access token (RFC 6749, 4.4 and 5).
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`
 */
export async function fetchOauthToken(
  asked: TokenRequest,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<FetchedToken> {
  const { access_token, expires_in } = await askService(
    {
      service: asked.service,
      method: asked.form === undefined ? 'GET' : 'POST',
      url: asked.url,
      headers: {
        ...(asked.form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...asked.headers,
      },
      body: asked.form && new URLSearchParams(asked.form).toString(),
      secrets: asked.secrets,
      answer: tokenAnswer,
      explain: (_status, answer): Refusal => {
        const { error, error_description } = refusal.safeParse(answer).data ?? {};
        return {
          message: [error, error_description].filter(Boolean).join(': ') || undefined,
          hint: asked.hint,
        };
      },
    },
    connection,
    signal,
  );
  return { token: access_token, lifetimeMs: expires_in * 1000 };
}
