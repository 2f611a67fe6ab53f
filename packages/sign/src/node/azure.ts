import type { AzureService } from '../kms/azure.ts';
import { holdToken } from '../kms/held-token.ts';
import { readNamed, type Surroundings } from './surroundings.ts';

/**
 * An application of Microsoft Entra ID as Azure's own tools find it: with a secret, or with a workload's token in a file.
 * @returns nothing when the variables do not name one
 */
export function azureService(around: Surroundings): AzureService | undefined {
  const { env, connection } = around;
  const {
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: secret,
    AZURE_FEDERATED_TOKEN_FILE: tokenFile,
    AZURE_AUTHORITY_HOST: authority,
  } = env;
  if (!tenant || !clientId || !(secret || tokenFile)) return undefined;
  const tokens = new Map<string, ReturnType<typeof holdToken>>();
  return {
    token(scope, signal) {
      const held =
        tokens.get(scope) ??
        holdToken(async (signal) => {
          const { fetchAzureToken } = await import('../kms/azure-token.ts');
          const proof = secret
            ? { secret }
            : { assertion: await readNamed(around, tokenFile!, 'AZURE_FEDERATED_TOKEN_FILE', signal) };
          const application = { tenant, clientId, proof, authority: authority || undefined };
          return fetchAzureToken(application, scope, connection, signal);
        }, connection.now);
      tokens.set(scope, held);
      return held(signal);
    },
  };
}
