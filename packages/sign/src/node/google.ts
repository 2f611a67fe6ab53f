import type { GoogleService } from '../kms/google.ts';
import { holdToken } from '../kms/held-token.ts';
import { serviceError } from '../kms/service-error.ts';
import { atHome, readIfThere, readNamed, type Surroundings } from './surroundings.ts';

/** Milliseconds for the metadata server, which is near or not there at all. */
const metadataTimeoutMs = 3000;

/**
 * Google's cloud as its own tools find it: a credentials file, that of gcloud, the machine's own account.
 * @see https://cloud.google.com/docs/authentication/application-default-credentials
 */
export function googleService(around: Surroundings): GoogleService {
  const { env, connection } = around;
  const token = holdToken(async (signal) => {
    const tokens = await import('../kms/google-token.ts');
    const { parseGoogleCredentials } = await import('../kms/google-credentials.ts');
    const named = env.GOOGLE_APPLICATION_CREDENTIALS;
    const folder = env.CLOUDSDK_CONFIG || atHome(around, '.config', 'gcloud');
    const file = named || `${folder}/application_default_credentials.json`;
    const text = await readIfThere(around, file, signal);
    if (text !== undefined) {
      return tokens.fetchGoogleToken(
        parseGoogleCredentials(text, file),
        { ...connection, readText: (path, signal) => readNamed(around, path, file, signal) },
        signal,
      );
    }
    if (named) {
      throw serviceError(`there is no file ${named}, which GOOGLE_APPLICATION_CREDENTIALS names`);
    }
    const host = env.GCE_METADATA_HOST || 'metadata.google.internal';
    return tokens.fetchGoogleMachineToken(host, { ...connection, timeoutMs: metadataTimeoutMs }, signal);
  }, connection.now);
  return { token, endpoint: env.CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS || undefined };
}
