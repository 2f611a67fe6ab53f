import * as z from 'zod';
import { askService, type Refusal, type ServiceConnection } from './ask-service.ts';
import type { AwsCredentials } from './aws-signature.ts';

/** A role that a token of another issuer opens: Kubernetes service accounts, CI jobs. */
export interface AwsRole {
  readonly arn: string;
  readonly sessionName: string;
  readonly token: string;
  /** For example `https://sts.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
}

/** Seconds that the credentials live; every role allows an hour. */
const lifetime = 3600;

const xmlAnswer = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  SessionToken: z.string(),
});

/**
 * Temporary credentials of a role.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`
 */
export async function assumeAwsRole(
  role: AwsRole,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<{ readonly credentials: AwsCredentials; readonly lifetimeMs: number }> {
  const form = {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.sessionName,
    WebIdentityToken: role.token,
    DurationSeconds: String(lifetime),
  };
  const answer = await askService(
    {
      service: 'AWS STS',
      method: 'POST',
      url: new URL('/', role.endpoint),
      headers: { accept: 'application/xml', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      secrets: [role.token],
      answer: xmlAnswer,
      parse: readXml,
      explain: (_status, found): Refusal => {
        const { Code, Message } = found as Record<string, string>;
        return {
          message: [Code, Message].filter(Boolean).join(': ') || undefined,
          hint: `Does the role ${role.arn} trust the issuer of the token?`,
        };
      },
    },
    connection,
    signal,
  );
  return {
    credentials: {
      accessKeyId: answer.AccessKeyId,
      secretAccessKey: answer.SecretAccessKey,
      sessionToken: answer.SessionToken,
    },
    lifetimeMs: lifetime * 1000,
  };
}

/** STS answers in XML that has each of these once, with no markup inside. */
function readXml(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/<(\w+)>([^<>]*)<\/\1>/g)) found[name] = value;
  return found;
}
