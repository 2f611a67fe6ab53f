import type { AwsService } from '../kms/aws.ts';
import type { AwsCredentials } from '../kms/aws-signature.ts';
import { serviceError } from '../kms/service-error.ts';
import { atHome, readIfThere, readNamed, type Surroundings } from './surroundings.ts';

/** Milliseconds before their end at which temporary credentials are fetched anew. */
const marginMs = 300_000;

/**
 * AWS as its own tools find it: keys in variables, a role with a web identity token, a profile in `~/.aws`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function awsService(around: Surroundings): AwsService {
  const { env, connection } = around;
  let held: { readonly credentials: AwsCredentials; readonly until: number } | undefined;

  async function ofRole(signal: AbortSignal | undefined): Promise<AwsCredentials> {
    if (held === undefined || connection.now() >= held.until) {
      const { assumeAwsRole } = await import('../kms/aws-role.ts');
      const region = (await regionOf(around, signal)) ?? 'us-east-1';
      const role = {
        arn: env.AWS_ROLE_ARN!,
        sessionName: env.AWS_ROLE_SESSION_NAME || 'lading',
        // The file is replaced from time to time.
        token: await readNamed(
          around,
          env.AWS_WEB_IDENTITY_TOKEN_FILE!,
          'AWS_WEB_IDENTITY_TOKEN_FILE',
          signal,
        ),
        endpoint: env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL || `https://sts.${region}.amazonaws.com`,
      };
      const { credentials, lifetimeMs } = await assumeAwsRole(role, connection, signal);
      held = { credentials, until: connection.now() + lifetimeMs - marginMs };
    }
    return held.credentials;
  }

  return {
    endpoint: env.AWS_ENDPOINT_URL_KMS || env.AWS_ENDPOINT_URL || undefined,
    region: (signal) => regionOf(around, signal),
    async credentials(signal) {
      if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) {
        return {
          accessKeyId: env.AWS_ACCESS_KEY_ID,
          secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
          sessionToken: env.AWS_SESSION_TOKEN || undefined,
        };
      }
      if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN) return ofRole(signal);
      const profile = await profileOf(around, signal);
      if (profile.aws_access_key_id && profile.aws_secret_access_key) {
        return {
          accessKeyId: profile.aws_access_key_id,
          secretAccessKey: profile.aws_secret_access_key,
          sessionToken: profile.aws_session_token,
        };
      }
      throw serviceError('there are no AWS credentials', {
        hint:
          'Looked for: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, ' +
          `and keys of the profile ${profileName(env)} in ~/.aws/credentials.`,
      });
    },
  };
}

async function regionOf(around: Surroundings, signal: AbortSignal | undefined): Promise<string | undefined> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = around.env;
  return AWS_REGION || AWS_DEFAULT_REGION || (await profileOf(around, signal)).region;
}

function profileName(env: Surroundings['env']): string {
  return env.AWS_PROFILE || 'default';
}

/** A profile's settings of both files; the credentials' file wins. */
async function profileOf(
  around: Surroundings,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, string>>> {
  const { env } = around;
  const name = profileName(env);
  const configFile = env.AWS_CONFIG_FILE || atHome(around, '.aws', 'config');
  const credentialsFile = env.AWS_SHARED_CREDENTIALS_FILE || atHome(around, '.aws', 'credentials');
  const config = await readIfThere(around, configFile, signal);
  const credentials = await readIfThere(around, credentialsFile, signal);
  return {
    ...iniSection(config ?? '', name === 'default' ? name : `profile ${name}`),
    ...iniSection(credentials ?? '', name),
  };
}

/** The settings of one section. Nested ones (indented lines) are not for us. */
function iniSection(text: string, section: string): Record<string, string> {
  const found: Record<string, string> = {};
  let current = '';
  for (const line of text.split(/\r?\n/)) {
    current = /^\[\s*([^\]]+?)\s*\]/.exec(line)?.[1] ?? current;
    const [, name, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (current === section && name !== undefined && value) found[name] = value;
  }
  return found;
}
