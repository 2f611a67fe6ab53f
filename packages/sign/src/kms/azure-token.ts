import type { ServiceConnection } from './ask-service.ts';
import type { FetchedToken } from './held-token.ts';
import { fetchOauthToken } from './oauth-token.ts';

/** An application of Microsoft Entra ID, with what proves that one is it. */
export interface AzureApplication {
  readonly tenant: string;
  readonly clientId: string;
  /** Its secret, or the token of a workload that it trusts (federated identity). */
  readonly proof: { readonly secret: string } | { readonly assertion: string };
  /** Default `https://login.microsoftonline.com`. */
  readonly authority?: string | undefined;
}

/** The access token of an application. @throws {LadingError} `ERR_LADING_KEY_SERVICE` */
export function fetchAzureToken(
  { tenant, clientId, proof, authority = 'https://login.microsoftonline.com' }: AzureApplication,
  scope: string,
  connection: ServiceConnection,
  signal: AbortSignal | undefined,
): Promise<FetchedToken> {
  return fetchOauthToken(
    {
      service: 'Microsoft Entra ID',
      url: new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, authority),
      form: {
        grant_type: 'client_credentials',
        client_id: clientId,
        scope,
        ...('secret' in proof
          ? { client_secret: proof.secret }
          : {
              client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
              client_assertion: proof.assertion,
            }),
      },
      secrets: ['secret' in proof ? proof.secret : proof.assertion],
      hint: 'Are AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_FEDERATED_TOKEN_FILE) right?',
    },
    connection,
    signal,
  );
}
