import {
  createSigningConfig,
  type ServiceSelector,
  type SigningConfig,
  type SigstoreService,
} from '@lading/sign';
import { signingConfigFromFile } from '@lading/sign/node';
import { exitCodes } from '../exit-codes.ts';
import { writeDocument } from '../json-file.ts';
import { pathFrom } from '../path-from.ts';
import { parseServiceSpec, validityOf } from '../service-spec.ts';
import { openSigstoreServices } from '../sigstore-services.ts';
import { usageError } from '../usage.ts';
import type { Invocation, Run } from '../verb.ts';

const serviceKeys = { required: ['url', 'api-version'], optional: ['operator', 'start-time', 'end-time'] };

export const run: Run = async (invocation) => {
  const { options } = invocation;
  const base = await baseOf(invocation);
  const kept = (services: readonly SigstoreService[] | undefined, wanted: boolean | undefined) =>
    wanted === false ? [] : (services ?? []);
  const services = (
    flag: string,
    given: readonly string[] = [],
    otherwise: readonly SigstoreService[],
  ): readonly SigstoreService[] =>
    given.length === 0 ? otherwise : given.map((text) => serviceOf(flag, text));
  const json = createSigningConfig({
    certificateAuthorities: services(
      '--fulcio',
      options.fulcio,
      kept(base?.certificateAuthorities, options.defaultFulcio),
    ),
    identityProviders: services(
      '--oidc-provider',
      options.oidcProvider,
      kept(base?.identityProviders, options.defaultOidc),
    ),
    logs: services('--rekor', options.rekor, kept(base?.logs, options.defaultRekor)),
    logSelector:
      selectorOf('--rekor-config', options.rekorConfig) ?? selectorOfBase(options.rekor, base?.logSelector),
    timestampAuthorities: services(
      '--tsa',
      options.tsa,
      kept(base?.timestampAuthorities, options.defaultTsa),
    ),
    timestampSelector:
      selectorOf('--tsa-config', options.tsaConfig) ?? selectorOfBase(options.tsa, base?.timestampSelector),
  });
  await writeDocument(invocation, 'signingConfig', json);
  return exitCodes.ok;
};

async function baseOf(invocation: Invocation): Promise<SigningConfig | undefined> {
  const { baseConfig, withDefaultServices, withDefaultRekorV2 } = invocation.options;
  const isDefault = withDefaultServices === true || withDefaultRekorV2 === true;
  if (baseConfig !== undefined && isDefault) {
    throw usageError(
      '--base-config and the default services exclude each other',
      'Begin with a file, or with the services of Sigstore.',
    );
  }
  const { cwd, signal } = invocation.context;
  if (baseConfig !== undefined) return signingConfigFromFile(pathFrom(cwd, baseConfig), { signal });
  if (!isDefault) return undefined;
  await using services = openSigstoreServices(invocation);
  return services.signingConfig('public', { rekorV2: withDefaultRekorV2 });
}

function serviceOf(flag: string, text: string): SigstoreService {
  const spec = parseServiceSpec(flag, text, serviceKeys);
  const version = spec['api-version']!;
  if (!/^[1-9]\d{0,3}$/.test(version)) {
    throw usageError(`${flag}: api-version ${JSON.stringify(version)} is no whole number from 1 on`);
  }
  return {
    url: spec.url!,
    majorApiVersion: Number(version),
    validFor: validityOf(flag, spec),
    // Of services with one operator only the newest is used: without a name each host is one of its own.
    operator: spec.operator || new URL(spec.url!).hostname,
  };
}

/** How many of the former services were to be used says nothing of others. */
function selectorOfBase(
  given: readonly string[] | undefined,
  base: ServiceSelector | undefined,
): ServiceSelector {
  return given === undefined ? (base ?? 'ANY') : 'ANY';
}

function selectorOf(flag: string, text: string | undefined): ServiceSelector | undefined {
  if (text === undefined) return undefined;
  const [, name = '', count] = /^(ANY|ALL|EXACT)(?::([1-9]\d{0,3}))?$/.exec(text.toUpperCase()) ?? [];
  if (name === 'EXACT' && count !== undefined) return { exact: Number(count) };
  if ((name === 'ANY' || name === 'ALL') && count === undefined) return name;
  throw usageError(`${flag} ${JSON.stringify(text)} is none of ANY, ALL, EXACT:<count>`);
}
