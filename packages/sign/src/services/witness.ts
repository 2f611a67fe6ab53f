import { LadingError } from '@lading/oci';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { envelopeBytes } from '../formats/envelope.ts';
import type { SignatureMaterial } from '../material.ts';
import { type ChosenServices, chooseServices, usableServices } from './choose-services.ts';
import { systemClock } from './clock.ts';
import type { ServiceOptions } from './http.ts';
import { cryptoRandom } from './random.ts';
import { logInRekorV1 } from './rekor-v1.ts';
import { logInRekorV2 } from './rekor-v2.ts';
import type { SigningConfig, SigstoreService } from './signing-config.ts';
import { timestamp } from './timestamp-authority.ts';
import type { LogVerifier } from './verifier.ts';

export type SignatureCarrier = 'bundle' | 'legacy';

/** The services that speak for one signature. */
export interface WitnessPlan {
  readonly logs: ChosenServices;
  readonly timestampAuthorities: ChosenServices;
}

/** cosign's `.sig` and `.att` hold a log's promise, which Rekor v2 does not give. */
const logVersions: Readonly<Record<SignatureCarrier, readonly number[]>> = { bundle: [1, 2], legacy: [1] };

/**
 * The logs and timestamp authorities for one signature.
 *
 * Where only logs of Rekor v2 are to be had, what `legacy` carries goes without an entry.
 * @throws {LadingError} `ERR_LADING_SIGNING_CONFIG`
 */
export function planWitnesses(
  config: SigningConfig,
  carrier: SignatureCarrier,
  { clock = systemClock, random = cryptoRandom }: ServiceOptions,
): WitnessPlan {
  const now = clock.wall();
  const versions = logVersions[carrier];
  const none = carrier === 'legacy' && usableServices(config.logs, { versions, now }).length === 0;
  const usable = none && usableServices(config.logs, { versions: [2], now }).length > 0 ? [] : config.logs;
  return {
    logs: chooseServices(usable, {
      kind: 'transparency logs',
      selector: config.logSelector,
      versions,
      now,
      random,
    }),
    timestampAuthorities: chooseServices(config.timestampAuthorities, {
      kind: 'timestamp authorities',
      selector: config.timestampSelector,
      versions: [1],
      now,
      random,
    }),
  };
}

/** True when the time of signing will be proven: by a log's promise or by a timestamp. */
export function provesTime({ logs, timestampAuthorities }: WitnessPlan): boolean {
  return (
    timestampAuthorities.needed > 0 || logs.services.some(({ majorApiVersion }) => majorApiVersion === 1)
  );
}

/** What witnesses give. */
export type Testimony = Pick<SignatureMaterial, 'logEntries' | 'timestamps' | 'timestamped'>;

export interface WitnessOptions extends ServiceOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has a signature witnessed, by all at once; when one of them fails for good the others are not waited for.
 * @throws {LadingError} `ERR_LADING_SIGSTORE_SERVICE`
 */
export async function witness(
  signature: Pick<SignatureMaterial, 'content' | 'signature'>,
  verifier: LogVerifier,
  plan: WitnessPlan,
  carrier: SignatureCarrier,
  options: WitnessOptions,
): Promise<Testimony> {
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const bounded = { ...options, signal };
  const timestamped = timestampedBytes(signature, carrier);
  const log = ({ url, majorApiVersion }: SigstoreService): Promise<TransparencyLogEntry> =>
    (majorApiVersion === 1 ? logInRekorV1 : logInRekorV2)(url, signature, verifier, bounded);
  const stamp = ({ url }: SigstoreService): Promise<Uint8Array> =>
    timestamp(url, timestamped ?? signature.signature, bounded);
  try {
    const [logEntries, timestamps] = await Promise.all([
      askEnough(plan.logs, log, signal),
      askEnough(plan.timestampAuthorities, stamp, signal),
    ]);
    return {
      logEntries,
      timestamps,
      ...(timestamps.length > 0 && timestamped !== undefined && { timestamped }),
    };
  } finally {
    failed.abort();
  }
}

/** What timestamps are over where that is not the signature: of an `.att` cosign verifies them over the whole layer. */
function timestampedBytes(
  { content, signature }: Pick<SignatureMaterial, 'content' | 'signature'>,
  carrier: SignatureCarrier,
): Uint8Array | undefined {
  return carrier === 'legacy' && content.kind === 'envelope'
    ? envelopeBytes({ content, signature })
    : undefined;
}

/** Asks as many services as are needed at once, and for each that fails the next one, while there is one. */
async function askEnough<T>(
  { services, needed }: ChosenServices,
  ask: (service: SigstoreService) => Promise<T>,
  signal: AbortSignal,
): Promise<T[]> {
  const queue = services.values();
  const one = async (): Promise<T> => {
    let failure: unknown;
    for (const service of queue) {
      try {
        return await ask(service);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure ?? new LadingError('ERR_LADING_SIGSTORE_SERVICE', 'no service is left to ask');
  };
  return Promise.all(Array.from({ length: needed }, one));
}
