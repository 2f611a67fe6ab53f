import { LadingError } from '@lading/oci';
import type { ServiceConnection } from '../kms/ask-service.ts';
import type { AwsService } from '../kms/aws.ts';
import type { AzureService } from '../kms/azure.ts';
import type { GoogleService } from '../kms/google.ts';
import type { VaultService } from '../kms/vault.ts';
import { importPrivateKey, isPlainKey } from './import.ts';
import { decryptPrivateKey, isEncryptedKey } from './key-file.ts';
import type { LocalPrivateKey } from './local-key.ts';
import { type PemBlock, pemBlocks } from './pem.ts';
import type { KeyUseOptions, PrivateKey } from './private-key.ts';
import { type PublicKey, publicKey } from './public-key.ts';
import { type FileKey, parseKeyReference, type ServiceKeyReference, type VariableKey } from './reference.ts';

/** Where keys come from. `keySources` of `@lading/sign/node` has those of a process. */
export interface KeySources {
  /** The bytes of a file; rejects with Node's codes. Whoever reads stops a little beyond 64 KiB. */
  readonly readFile: (path: string, options: KeyUseOptions) => Promise<Uint8Array>;
  /** What a variable holds, for `env://NAME`: asked for by name, so that nothing prints them all. */
  readonly variable: (name: string) => string | undefined;
  /** The password of an encrypted key, which may be empty. Asked for only when there is one to open. */
  readonly password?: ((name: string, options: KeyUseOptions) => Promise<string>) | undefined;
  readonly services?: KeyServices | undefined;
}

/** What is needed to use key services, for those that are used. */
export interface KeyServices extends ServiceConnection {
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly aws?: AwsService | undefined;
  readonly google?: GoogleService | undefined;
  readonly azure?: AzureService | undefined;
  readonly vault?: VaultService | undefined;
}

/**
 * Opens the private key that a reference names: a file of cosign's, `env://NAME` with the content of one, or a key service's URI.
 * @throws {LadingError} `ERR_LADING_KEY`, `ERR_LADING_KEY_PASSWORD`, `ERR_LADING_KEY_SERVICE`
 */
export async function openPrivateKey(
  reference: string,
  sources: KeySources,
  options: KeyUseOptions = {},
): Promise<PrivateKey> {
  const place = parseKeyReference(reference);
  if (place.kind !== 'file' && place.kind !== 'variable') {
    return openServiceKey(reference, place, sources.services, options.signal);
  }
  const pem = await readKey(place, sources, options);
  const blocks = pemBlocks(pem, reference);
  if (!blocks.some(isEncryptedKey)) throw noEncryptedKey(blocks, reference);
  if (sources.password === undefined) {
    throw new LadingError('ERR_LADING_KEY_PASSWORD', `there is no password for ${reference}`);
  }
  return decryptPrivateKey(pem, await sources.password(reference, options), { name: reference });
}

function noEncryptedKey(blocks: readonly PemBlock[], name: string): LadingError<'ERR_LADING_KEY'> {
  if (blocks.some(isPlainKey)) {
    return new LadingError('ERR_LADING_KEY', `${name} is a private key that is not encrypted`, {
      hint: 'Make a key file of it with: lading keygen --import FILE. Its password may be empty.',
    });
  }
  if (blocks.some(({ label }) => label === 'PUBLIC KEY' || label === 'CERTIFICATE')) {
    return new LadingError('ERR_LADING_KEY', `${name} is public, and a private key is needed`, {
      hint: 'The private key is in the file beside it: cosign.key for cosign.pub.',
    });
  }
  return new LadingError('ERR_LADING_KEY', `${name} holds no private key of cosign, or a damaged one`, {
    hint: 'Make a key with lading keygen, or take over another one with lading keygen --import FILE.',
  });
}

/**
 * Opens a private key that is not encrypted, to be made a key file of cosign's: a PEM file, or `env://NAME` with the content of one.
 * @throws {LadingError} `ERR_LADING_KEY`
 */
export async function openPlainKey(
  reference: string,
  sources: Pick<KeySources, 'readFile' | 'variable'>,
  options: KeyUseOptions = {},
): Promise<LocalPrivateKey> {
  const place = parseKeyReference(reference);
  if (place.kind !== 'file' && place.kind !== 'variable') {
    throw new LadingError('ERR_LADING_KEY', `${reference} is in a service, which does not give keys away`, {
      hint: 'It can be used as it is, with --key.',
    });
  }
  return importPrivateKey(await readKey(place, sources, options), { name: reference });
}

/**
 * Opens the public key that a reference names: a PEM file, `env://NAME` with the content of one, or a key service's URI.
 * @throws {LadingError} `ERR_LADING_KEY`, `ERR_LADING_KEY_SERVICE`
 */
export async function openPublicKey(
  reference: string,
  sources: Omit<KeySources, 'password'>,
  options: KeyUseOptions = {},
): Promise<PublicKey> {
  const place = parseKeyReference(reference);
  if (place.kind !== 'file' && place.kind !== 'variable') {
    return (await openServiceKey(reference, place, sources.services, options.signal)).publicKey;
  }
  return publicKey(await readKey(place, sources, options), { name: reference });
}

async function readKey(
  place: FileKey | VariableKey,
  { readFile, variable }: Pick<KeySources, 'readFile' | 'variable'>,
  options: KeyUseOptions,
): Promise<string> {
  if (place.kind === 'variable') {
    const value = variable(place.variable);
    if (value) return value;
    throw new LadingError(
      'ERR_LADING_KEY',
      `the variable ${place.variable} ${value === undefined ? 'is not set' : 'is empty'}`,
      { hint: 'It has to hold the content of a key file. In CI: is the secret handed on to this step?' },
    );
  }
  const { path } = place;
  try {
    return Buffer.from(await readFile(path, options)).toString('latin1');
  } catch (cause) {
    options.signal?.throwIfAborted();
    const { code } = cause as { code?: string };
    if (code === 'ENOENT') {
      throw new LadingError('ERR_LADING_KEY', `there is no key file ${path}`, {
        hint: 'lading keygen makes cosign.key and cosign.pub; a key in a variable is named env://VARIABLE.',
        cause,
      });
    }
    throw new LadingError('ERR_LADING_KEY', `the key file ${path} cannot be read: ${code ?? 'unknown'}`, {
      cause,
    });
  }
}

/** The code of each service is loaded when a key of it is named. */
async function openServiceKey(
  name: string,
  place: ServiceKeyReference,
  services: KeyServices | undefined,
  signal: AbortSignal | undefined,
): Promise<PrivateKey> {
  const { aws, google, azure, vault } = services ?? {};
  if (place.kind === 'aws' && services && aws) {
    return (await import('../kms/aws.ts')).openAwsKey(name, place, aws, services, signal);
  }
  if (place.kind === 'google' && services && google) {
    return (await import('../kms/google.ts')).openGoogleKey(name, place, google, services, signal);
  }
  if (place.kind === 'azure' && services && azure) {
    return (await import('../kms/azure.ts')).openAzureKey(name, place, azure, services, signal);
  }
  if (place.kind === 'vault' && services && vault) {
    return (await import('../kms/vault.ts')).openVaultKey(name, place, vault, services, signal);
  }
  throw new LadingError('ERR_LADING_KEY_SERVICE', `nothing is known of the service of ${name}`, {
    hint: missing[place.kind],
  });
}

const missing: Readonly<Record<ServiceKeyReference['kind'], string>> = {
  aws: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
  google: 'Set GOOGLE_APPLICATION_CREDENTIALS to a credentials file.',
  azure: 'Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE.',
  vault: 'Set VAULT_ADDR and VAULT_TOKEN.',
};
