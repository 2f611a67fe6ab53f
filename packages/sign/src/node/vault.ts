import { serviceError } from '../kms/service-error.ts';
import type { VaultService } from '../kms/vault.ts';
import { atHome, readIfThere, type Surroundings } from './surroundings.ts';

/** Vault as its own tools find it, and as cosign does. @returns nothing when no variable says where it is */
export function vaultService(around: Surroundings): VaultService | undefined {
  const { env } = around;
  if (!env.VAULT_ADDR) return undefined;
  return {
    address: env.VAULT_ADDR,
    mount: env.TRANSIT_SECRET_ENGINE_PATH || undefined,
    namespace: env.VAULT_NAMESPACE || undefined,
    async token(signal) {
      const token = env.VAULT_TOKEN || (await readIfThere(around, atHome(around, '.vault-token'), signal));
      // Files, and variables that were filled from them, end with a line end.
      if (token?.trim()) return token.trim();
      throw serviceError('there is no token for Vault', {
        hint: 'Set VAULT_TOKEN, or log in with Vault’s own tool, which writes ~/.vault-token.',
      });
    },
  };
}
