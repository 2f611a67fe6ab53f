import { createTrustedRoot, type TrustedAuthority, type TrustedLog, trustedRootJson } from '@lading/sign';
import { exitCodes } from '../exit-codes.ts';
import { writeDocument } from '../json-file.ts';
import { parseServiceSpec, readPem, validityOf } from '../service-spec.ts';
import { openSigstoreServices } from '../sigstore-services.ts';
import { usageError } from '../usage.ts';
import type { Invocation, Run } from '../verb.ts';

const authorityKeys = { required: ['url', 'certificate-chain'], optional: ['start-time', 'end-time'] };
const logKeys = { required: ['url', 'public-key'], optional: ['start-time', 'end-time', 'origin'] };

export const run: Run = async (invocation) => {
  const { options } = invocation;
  const { fulcio = [], rekor = [], ctfe = [], tsa = [], withDefaultServices } = options;
  if (withDefaultServices !== true && [fulcio, rekor, ctfe, tsa].every(({ length }) => length === 0)) {
    throw usageError(
      'it is not said whom to trust',
      'Give --fulcio, --rekor, --ctfe or --tsa, or --with-default-services for those of Sigstore.',
    );
  }
  const authorities = (flag: string, specs: readonly string[]): Promise<TrustedAuthority[]> =>
    Promise.all(specs.map((text) => authorityOf(flag, text, invocation)));
  const logs = (flag: string, specs: readonly string[]): Promise<TrustedLog[]> =>
    Promise.all(specs.map((text) => logOf(flag, text, invocation)));
  const root = createTrustedRoot({
    fulcio: await authorities('--fulcio', fulcio),
    tsa: await authorities('--tsa', tsa),
    rekor: await logs('--rekor', rekor),
    ctfe: await logs('--ctfe', ctfe),
    base: withDefaultServices === true ? await defaults(invocation) : undefined,
  });
  await writeDocument(invocation, 'trustedRoot', trustedRootJson(root));
  return exitCodes.ok;
};

/** Sigstore's own, without those that are not wanted. */
async function defaults(invocation: Invocation): Promise<ReturnType<typeof createTrustedRoot>> {
  const { defaultFulcio, defaultRekor, defaultCtfe, defaultTsa } = invocation.options;
  await using services = openSigstoreServices(invocation);
  const root = await services.trustedRoot(undefined);
  return {
    ...root,
    ...(defaultFulcio === false && { certificateAuthorities: [] }),
    ...(defaultRekor === false && { tlogs: [] }),
    ...(defaultCtfe === false && { ctlogs: [] }),
    ...(defaultTsa === false && { timestampAuthorities: [] }),
  };
}

async function authorityOf(flag: string, text: string, { context }: Invocation): Promise<TrustedAuthority> {
  const spec = parseServiceSpec(flag, text, authorityKeys);
  return {
    url: spec.url!,
    chain: await readPem(flag, spec['certificate-chain']!, context),
    validFor: validityOf(flag, spec),
  };
}

async function logOf(flag: string, text: string, { context }: Invocation): Promise<TrustedLog> {
  const spec = parseServiceSpec(flag, text, logKeys);
  return {
    url: spec.url!,
    publicKey: await readPem(flag, spec['public-key']!, context),
    // Some readers want a start, as cosign's former flags gave it.
    validFor: { start: new Date(0), ...validityOf(flag, spec) },
    origin: spec.origin || undefined,
  };
}
