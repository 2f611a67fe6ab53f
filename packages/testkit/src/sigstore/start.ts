import { makeAuthorities, type Sigstore, type SigstoreOptions, sigstoreOf } from './authorities.ts';
import { FaultScript, type ServiceFault } from './http/fault.ts';
import type { SeenRequest, ServiceName } from './http/requests.ts';
import { type Served, serve } from './http/serve.ts';
import { type JsonDocument, type SigningConfigOptions, signingConfigOf } from './trust.ts';
import { TufRepository, type TufRole } from './tuf/repository.ts';

/** A Sigstore that answers over HTTP, each service on a loopback port of its own. */
export interface RunningSigstore extends Sigstore, AsyncDisposable {
  /** Base URLs, without a slash at the end. The timestamp authority's has the path `/api/v1/timestamp` below it. */
  readonly fulcioUrl: string;
  readonly rekorUrl: string;
  readonly rekorV2Url: string;
  readonly tsaUrl: string;
  readonly issuerUrl: string;
  /** A TUF repository with `trusted_root.json` and `signing_config.v0.2.json`, and its `root.json`, which clients are to be given. */
  readonly tufUrl: string;
  readonly tufRoot: string;
  /** Every request so far, in the order in which they came in. */
  readonly requests: readonly SeenRequest[];
  /** How many requests a service got, or all. */
  count(service?: ServiceName): number;
  /** A SigningConfig, as JSON. */
  signingConfig(options?: SigningConfigOptions): JsonDocument;
  /** Lets things go wrong with the next requests to a service, one fault after the other. */
  play(service: ServiceName, ...faults: readonly ServiceFault[]): void;
  /** Takes back the faults that have not been played yet. */
  calm(): void;
  /** Ends it; open connections are closed. */
  stop(): Promise<void>;
}

/** Starts Fulcio with a certificate transparency log, Rekor v1 and v2, a timestamp authority and an OIDC provider, all of this process. */
export async function startSigstore(options: SigstoreOptions = {}): Promise<RunningSigstore> {
  const script = new FaultScript();
  const seen: SeenRequest[] = [];
  const service = (name: ServiceName): Promise<Served> => serve({ name, script, seen });
  const [fulcio, rekor, rekorV2, tsa, issuer, tuf] = await Promise.all([
    service('fulcio'),
    service('rekor'),
    service('rekorV2'),
    service('tsa'),
    service('issuer'),
    service('tuf'),
  ]);
  const urls = {
    fulcio: fulcio.url,
    rekor: rekor.url,
    rekorV2: rekorV2.url,
    tsa: tsa.url,
    issuer: issuer.url,
  };
  const parts = makeAuthorities(options, urls);
  fulcio.service = parts.fulcio;
  rekor.service = parts.rekor.service;
  rekorV2.service = parts.rekorV2.service;
  tsa.service = parts.tsa.service;
  issuer.service = parts.issuer.service;
  const sigstore = sigstoreOf(parts, urls, options);
  const signingConfig = (given: SigningConfigOptions = {}): JsonDocument =>
    signingConfigOf(urls, { start: parts.validity.notBefore }, given);
  const repository = new TufRepository({
    targets: {
      'trusted_root.json': JSON.stringify(sigstore.trustedRoot),
      'signing_config.v0.2.json': JSON.stringify(signingConfig(options.tuf?.signingConfig)),
      ...options.tuf?.targets,
    },
    expires: { ...expiry(parts.validity.notAfter), ...options.tuf?.expires },
  });
  tuf.service = repository.service;
  const stop = async (): Promise<void> => {
    const all = [fulcio, rekor, rekorV2, tsa, issuer, tuf];
    await Promise.all(all.map((served) => served[Symbol.asyncDispose]()));
  };
  return {
    ...sigstore,
    fulcioUrl: urls.fulcio,
    rekorUrl: urls.rekor,
    rekorV2Url: urls.rekorV2,
    tsaUrl: urls.tsa,
    tufUrl: tuf.url,
    tufRoot: repository.root,
    requests: seen,
    count: (name) => seen.filter((request) => name === undefined || request.service === name).length,
    signingConfig,
    play: (name, ...faults) => script.add(name, faults),
    calm: () => script.clear(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function expiry(date: Date): Readonly<Record<TufRole, Date>> {
  return { root: date, timestamp: date, snapshot: date, targets: date };
}
