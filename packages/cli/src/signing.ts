import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLadingError, LadingError } from '@lading/oci';
import {
  createSigner,
  openPrivateKey,
  type Signer,
  type SignerIdentity,
  type TrustPolicy,
} from '@lading/sign';
import { keySources, tokens } from '@lading/sign/node';
import type { Context } from './context.ts';
import { keyPassword } from './key-password.ts';
import { pathFrom } from './path-from.ts';
import { openSigstoreServices, type SigstoreServices } from './sigstore-services.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** Who signs, as the command line or `sign` of config.yaml says it. */
export interface SigningSettings {
  /** A path, `env://VARIABLE`, or a key service's URI. Default: `env://COSIGN_PRIVATE_KEY`, when that is set. */
  readonly key?: string | undefined;
  readonly keyless?:
    | boolean
    | { readonly identity?: string | undefined; readonly issuer?: string | undefined }
    | undefined;
  /** The token itself, or a file with it. */
  readonly identityToken?: string | undefined;
  readonly trustedRoot?: string | undefined;
}

/** Somebody who can sign, opened once for all that a command signs. Disposing lets connections go. */
export interface Signing extends AsyncDisposable {
  readonly isKeyless: boolean;
  /** @param transparency Who is told of each signature: `public`, `none`, or a signing config file. */
  signer(transparency: string): Promise<Signer>;
  /** What the signatures that are there already are verified with; nothing when keys need none. */
  trustedRoot(transparency: string): Promise<TrustPolicy['trustedRoot']>;
}

/**
 * Opens the key, or what certificates are asked for with.
 * @throws {LadingError} `ERR_LADING_USAGE`: it is not said who signs; `ERR_LADING_KEY`, `ERR_LADING_KEY_PASSWORD`, `ERR_LADING_KEY_SERVICE`.
 */
export async function openSigning(settings: SigningSettings, invocation: Invocation): Promise<Signing> {
  const isKeyless = settings.keyless !== undefined && settings.keyless !== false;
  const services = openSigstoreServices(invocation);
  try {
    const who = await signerIdentity(settings, invocation, services);
    const signers = new Map<string, Promise<Signer>>();
    const open = async (transparency: string): Promise<Signer> => {
      if (transparency === 'none') return createSigner(who, { transparency });
      const config = await services.signingConfig(transparency).catch((error: unknown) => {
        throw isKeyless ? error : withoutLog(error);
      });
      return createSigner(who, { ...(await services.connection()), transparency: config });
    };
    return {
      isKeyless,
      signer(transparency) {
        const signer = signers.get(transparency) ?? open(transparency);
        signers.set(transparency, signer);
        return signer;
      },
      async trustedRoot(transparency) {
        if (settings.trustedRoot !== undefined) return services.trustedRoot(settings.trustedRoot);
        return isKeyless && transparency === 'public' ? services.trustedRoot(undefined) : undefined;
      },
      [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
    };
  } catch (error) {
    await services[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whoever has a key can do without the services that could not be had. */
function withoutLog(error: unknown): unknown {
  if (!isLadingError(error) || error.code !== 'ERR_LADING_SIGSTORE_SERVICE') return error;
  return new LadingError(error.code, error.message, {
    hint: 'Sign without an entry in a log: --transparency none; or give a signing config as a file: --signing-config FILE.',
    cause: error,
  });
}

async function signerIdentity(
  settings: SigningSettings,
  { context }: Invocation,
  services: SigstoreServices,
): Promise<SignerIdentity> {
  const { keyless, identityToken } = settings;
  if (keyless !== undefined && keyless !== false) {
    if (settings.key !== undefined) throw usageError('a key and --keyless exclude each other', eitherHint);
    const { identity, issuer } = keyless === true ? {} : keyless;
    const { env } = context;
    const source = tokens({
      ...(await services.connection()),
      env,
      identityToken: identityToken && tokenFrom(context.cwd, identityToken),
    });
    // Nothing else is worth asking for without one; it is kept for when it is used.
    await source.token({ signal: context.signal });
    return { keyless: { tokens: source, identity, issuer } };
  }
  if (identityToken !== undefined) {
    throw usageError('an identity token is used for keyless signing alone', 'Add --keyless.');
  }
  const reference = settings.key ?? defaultKey(context);
  const { env, home, cwd, now, signal } = context;
  const sources = keySources({
    env,
    home,
    cwd,
    now,
    password: (name) => keyPassword(name, context),
    dispatcher: await services.dispatcherFor(reference),
  });
  return { key: await openPrivateKey(reference, sources, { signal }) };
}

/** A token is left as it is; a path starts where the command does. */
function tokenFrom(cwd: string, text: string): string {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text.trim()) ? text : pathFrom(cwd, text.trim());
}

const eitherHint = 'A key signs by itself; without one the certificate of an identity does.';

function defaultKey({ env, cwd }: Context): string {
  if (env.COSIGN_PRIVATE_KEY) return 'env://COSIGN_PRIVATE_KEY';
  const empty = env.COSIGN_PRIVATE_KEY === undefined ? 'is not set' : 'is empty';
  const hint = existsSync(resolve(cwd, 'cosign.key'))
    ? 'There is a cosign.key here: --key cosign.key.'
    : 'Make a key with lading keygen and name it with --key cosign.key; or sign with the identity of the CI: --keyless.';
  throw usageError(
    `it is not said who signs: neither --key nor --keyless is given, and COSIGN_PRIVATE_KEY ${empty}`,
    hint,
  );
}
