import type { Config, VerifySettings } from '@lading/config';
import { type Descriptor, LadingError } from '@lading/oci';
import { type TrustPolicy, verdictError, verify } from '@lading/sign';
import type { CopyStores } from '@lading/store';
import type { PlanContext } from '@lading/sync';

/** Whom to believe, for the `verify` of an entry. */
export type TrustOf = (settings: VerifySettings) => TrustPolicy | Promise<TrustPolicy>;

/**
 * Lets sources in whose signature is valid, as the `verify` of their entries asks; nothing when no entry asks.
 * What comes out throws `ERR_LADING_UNSIGNED`, `ERR_LADING_UNVERIFIED`, or what `trust` and the source throw: nobody gets in on an error.
 */
export function admissionOf(
  { sync }: Pick<Config, 'sync'>,
  trust: TrustOf | undefined,
  signal: AbortSignal | undefined,
): PlanContext['admit'] {
  const asked = new Map<unknown, VerifySettings>();
  for (const entry of sync) if (entry.verify !== undefined) asked.set(entry, entry.verify);
  if (asked.size === 0) return undefined;

  const policies = new Map<string, Promise<TrustPolicy>>();
  const policyFor = (settings: VerifySettings): Promise<TrustPolicy> => {
    const name = JSON.stringify([settings.key, settings.identity, settings.issuer]);
    const known = policies.get(name);
    if (known !== undefined) return known;
    const opening = open(settings, trust);
    policies.set(name, opening);
    return opening;
  };

  return async (entry: unknown, source: Descriptor, stores: CopyStores): Promise<void> => {
    const settings = asked.get(entry);
    if (settings === undefined) return;
    const verdict = await verify(stores.source, source, { policy: await policyFor(settings), signal });
    const error = verdictError(verdict);
    if (error === undefined) return;
    throw new LadingError(error.code, `no valid signature by ${nameOf(settings)}`, {
      hint: verdict.reasons.slice(0, shownReasons).join('; '),
      cause: error,
    });
  };
}

/** An image may have a thousand signatures that do not count. */
const shownReasons = 3;

async function open(settings: VerifySettings, trust: TrustOf | undefined): Promise<TrustPolicy> {
  if (trust !== undefined) return trust(settings);
  throw new LadingError(
    'ERR_LADING_TRUST_POLICY',
    'the entry wants a valid signature, and nobody is trusted',
    {
      hint: 'Give the pipeline "trust".',
    },
  );
}

function nameOf({ key, identity, issuer }: VerifySettings): string {
  return key ?? `${identity} (${issuer})`;
}
