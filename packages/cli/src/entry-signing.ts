import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SignSettings, VerifySettings } from '@lading/config';
import { LadingError } from '@lading/oci';
import { type PipelineOptions, transparencyOf, verifiedListingsIn } from '@lading/pipeline';
import { createSigner, type PublicKey, type Signer, type TrustPolicy } from '@lading/sign';
import { configFile } from './configuration.ts';
import type { Entries } from './entries.ts';
import { openSigning, type SigningSettings } from './signing.ts';
import { signatureStore } from './signing-options.ts';
import { openSigstoreServices } from './sigstore-services.ts';
import { openTrust } from './trust.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** What `sign` and `verify` of config.yaml come down to. Disposing lets connections go. */
export interface EntrySigning
  extends AsyncDisposable,
    Pick<PipelineOptions, 'signer' | 'trustedRoot' | 'signatures' | 'trust' | 'verified'> {}

/**
 * Opens the keys that a configuration names, before anything is asked or written. Paths in it start at its folder.
 *
 * Closed by default: where `sign` is set, or `cosign.pub` stands beside the configuration, somebody has to sign what is written.
 * Who only looks can do with `cosign.pub`.
 *
 * @throws {LadingError} `ERR_LADING_KEY`: a key is missing, or is not that of `cosign.pub`; `ERR_LADING_KEY_PASSWORD`, `ERR_LADING_KEY_SERVICE`.
 */
export async function openEntrySigning(
  entries: Entries,
  invocation: Invocation,
  purpose: 'write' | 'rehearse',
): Promise<EntrySigning> {
  const { context, options } = invocation;
  const { folder, places } = entries;
  const inFolder: Invocation = { ...invocation, context: { ...context, cwd: folder } };
  const trust = await openAdmission(entries, inFolder);
  const signers = await openSigners(entries, invocation, inFolder, purpose);
  const { state } = options;
  const elsewhere = await signatureStore(places, invocation, purpose === 'write' ? 'change' : 'read');
  return {
    ...signers,
    trust,
    signatures: elsewhere && (() => elsewhere),
    verified:
      state === undefined
        ? undefined
        : verifiedListingsIn(join(resolve(context.cwd, state), 'verified-listings')),
    [Symbol.asyncDispose]: async () => signers?.[Symbol.asyncDispose](),
  };
}

type Signers = AsyncDisposable & Pick<PipelineOptions, 'signer' | 'trustedRoot'>;

async function openSigners(
  entries: Entries,
  invocation: Invocation,
  inFolder: Invocation,
  purpose: 'write' | 'rehearse',
): Promise<Signers | undefined> {
  const { sign } = entries.config;
  if (sign === false) return undefined;
  const expected = await expectedKey(inFolder);
  const key = keyOption(invocation);
  const isKeyless = key === undefined && sign?.keyless !== undefined && sign.keyless !== false;
  const isThere = isKeyless || key !== undefined || sign?.key !== undefined || environmentKey(invocation);
  if (purpose === 'rehearse' && expected !== undefined && !isKeyless) {
    return lookingFor(expected, sign, inFolder);
  }
  if (!isThere) {
    if (sign === undefined && expected === undefined) return undefined;
    const error = keyMissing(sign, invocation);
    if (purpose === 'write') throw error;
    invocation.output.warn(`${error.message}: which images are not signed is not looked at`);
    return undefined;
  }

  const settings: SigningSettings = {
    key: key ?? sign?.key,
    keyless: isKeyless ? sign?.keyless : undefined,
    trustedRoot: sign?.trustedRoot,
  };
  // What is typed starts where it is typed.
  const signing = await openSigning(settings, key === undefined ? inFolder : invocation);
  try {
    if (expected !== undefined && !isKeyless) await mustBe(expected, await signing.signer('none'));
  } catch (error) {
    await signing[Symbol.asyncDispose]();
    throw error;
  }
  return {
    signer: (destination) => signing.signer(transparencyOf(sign, destination)),
    trustedRoot: (destination) => signing.trustedRoot(transparencyOf(sign, destination)),
    [Symbol.asyncDispose]: () => signing[Symbol.asyncDispose](),
  };
}

function keyOption({ options: { key = [] } }: Invocation): string | undefined {
  if (key.length > 1) throw usageError('one run signs with one key', 'Name one of them.');
  return key[0];
}

function environmentKey({ context: { env } }: Invocation): boolean {
  return Boolean(env.COSIGN_PRIVATE_KEY);
}

const publicKeyFile = 'cosign.pub';

/** The key that stands beside the configuration for all to verify with. */
async function expectedKey(inFolder: Invocation): Promise<PublicKey | undefined> {
  if (!existsSync(join(inFolder.context.cwd, publicKeyFile))) return undefined;
  const { authorities } = await openTrust({ keys: [publicKeyFile] }, inFolder);
  const [authority] = authorities;
  return authority?.kind === 'key' ? authority.key : undefined;
}

function keyMissing(sign: SignSettings | undefined, invocation: Invocation): LadingError<'ERR_LADING_KEY'> {
  const file = configFile(invocation);
  const why = sign === undefined ? `${publicKeyFile} stands beside ${file}` : `${file} has "sign"`;
  return new LadingError('ERR_LADING_KEY', `${why}, and there is no key to sign with`, {
    hint: 'Set COSIGN_PRIVATE_KEY, name a key with sign.key or --key, or say "sign: false".',
  });
}

async function mustBe(expected: PublicKey, signer: Signer): Promise<void> {
  const authority = await signer.authority();
  if (authority?.kind !== 'key' || authority.key.hint === expected.hint) return;
  throw new LadingError(
    'ERR_LADING_KEY',
    `${signer.name} is not the key of ${publicKeyFile}, which stands beside the configuration`,
    {
      hint: 'Who verifies with it would refuse the images: sign with its key, or replace it (lading public-key).',
    },
  );
}

/** Who recognises the signatures of a key without having it. */
async function lookingFor(
  publicKey: PublicKey,
  sign: SignSettings | undefined,
  inFolder: Invocation,
): Promise<Signers> {
  const services = openSigstoreServices(inFolder);
  const { algorithm, name = publicKeyFile } = publicKey;
  const key = {
    algorithm,
    publicKey,
    name,
    sign: async () => {
      throw new LadingError('ERR_LADING_KEY', `${name} is public, and a private key is needed`);
    },
  };
  return {
    async signer(destination) {
      const transparency = transparencyOf(sign, destination);
      const config = transparency === 'none' ? transparency : await services.signingConfig(transparency);
      return createSigner({ key }, { transparency: config });
    },
    trustedRoot: async () =>
      sign?.trustedRoot === undefined ? undefined : services.trustedRoot(sign.trustedRoot),
    [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
  };
}

/** Whom the `verify` of entries trusts. Keys are opened at once, so that a missing one is found before anything is written; identities when one is asked for. */
async function openAdmission(
  { config, entries }: Entries,
  inFolder: Invocation,
): Promise<(settings: VerifySettings) => Promise<TrustPolicy>> {
  const keys = new Set(entries.flatMap(({ verify }) => verify?.key ?? []));
  const policies = new Map<string, TrustPolicy>();
  // Logs and authorities beside a key are its owner's affair.
  for (const key of keys) policies.set(key, await openTrust({ keys: [key] }, inFolder));
  const trustedRoot = config.sign === false ? undefined : config.sign?.trustedRoot;
  return async ({ key, identity = '', issuer = '' }) => {
    const policy = key === undefined ? undefined : policies.get(key);
    if (policy !== undefined) return policy;
    const authority = { kind: 'identity', identity: { exact: identity }, issuer: { exact: issuer } } as const;
    return openTrust({ identities: [authority], trustedRoot }, inFolder);
  };
}
