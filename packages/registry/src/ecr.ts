import { type AwsCredentials, signAwsRequest } from './aws-signature.ts';
import { type Clock, systemClock } from './clock.ts';
import { RegistryError } from './errors.ts';
import { unreachable } from './failure.ts';
import type { HttpRequest } from './http.ts';
import { Pools } from './pool.ts';
import { redactUrl } from './redact.ts';
import { isRetryableFailure } from './retryable.ts';

export interface EcrOptions {
  readonly credentials: AwsCredentials;
  /** Where ECR's own API is; default by the region in the host's name. */
  readonly endpoint?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Bytes of ECR's answer. */
const answerLimit = 65_536;
/** Milliseconds that ECR has for its answer. */
const timeoutMs = 30_000;

const ecrHost = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/;

/** True for hosts of Amazon's Elastic Container Registry, private ones. */
export function isEcrHost(host: string): boolean {
  return ecrHost.test(host);
}

/**
 * Makes repositories in Amazon ECR, which wants them before the first push: for `createRepository` of a host's options.
 * One that exists already is fine.
 * @throws {RegistryError} `ERR_LADING_UNSUPPORTED` when the host is not one of ECR; `ERR_LADING_UNREACHABLE`; else by the answer
 */
export function ecrRepositories(
  host: string,
  { credentials, endpoint, clock = systemClock }: EcrOptions,
): (repository: string, options: { readonly signal?: AbortSignal | undefined }) => Promise<void> {
  const [, account, region, domain] = ecrHost.exec(host) ?? [];
  if (account === undefined || region === undefined) {
    throw new RegistryError('ERR_LADING_UNSUPPORTED', `${host} is not a registry of Amazon ECR`, {
      hint: 'take createRepository out of its options',
    });
  }
  const url = new URL(endpoint ?? `https://api.ecr.${region}.${domain}/`);
  return async (repository, { signal }) => {
    const body = JSON.stringify({ registryId: account, repositoryName: repository });
    const headers = signAwsRequest(
      {
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.CreateRepository',
        },
        body,
        region,
        service: 'ecr',
        time: clock.wall(),
      },
      credentials,
    );
    const timeout = AbortSignal.timeout(timeoutMs);
    const pools = new Pools(() => ({}));
    const request: HttpRequest = {
      method: 'POST',
      url,
      headers,
      body: new TextEncoder().encode(body),
      host,
      origin: url.origin,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    };
    try {
      const response = await pools.send(request);
      const answer = Buffer.from(await response.body.bytes(answerLimit)).toString('utf8');
      if (response.status === 200 || answer.includes('RepositoryAlreadyExistsException')) return;
      const why = /"message"\s*:\s*"([^"]{0,300})"/i.exec(answer)?.[1] ?? '';
      throw new RegistryError(
        response.status === 400 || response.status === 403 ? 'ERR_LADING_DENIED' : 'ERR_LADING_REGISTRY',
        `ECR did not make the repository ${repository}: ${why || `status ${response.status}`}`,
        {
          method: 'POST',
          url: redactUrl(url),
          status: response.status,
          hint: 'the identity needs ecr:CreateRepository, or make the repository by hand',
        },
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(request, error, isRetryableFailure(error));
    } finally {
      await pools.close();
    }
  };
}
