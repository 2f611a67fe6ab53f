import { isLoopbackHost } from '@lading/oci';
import type { SignatureFormat } from '@lading/sign';
import { type ContentStore, parseLocation } from '@lading/store';
import type { Options } from './options.ts';
import type { Places } from './places.ts';
import { openSigning, type Signing } from './signing.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** Opens whoever the command line says that signs. */
export async function openSigningByOptions(invocation: Invocation): Promise<Signing> {
  const { key = [], keyless, identityToken, trustedRoot } = invocation.options;
  if (key.length > 1) {
    throw usageError(
      'one command signs with one key',
      'Sign again with the other one: the signatures stand side by side.',
    );
  }
  return await openSigning({ key: key[0], keyless, identityToken, trustedRoot }, invocation);
}

/**
 * Who is told of signatures: `public`, `none`, or a signing config file. With a key, images that are all on this machine are nobody's business.
 * @param images As they were typed.
 */
export function transparencyByOptions(options: Options, images: readonly string[]): string {
  const { transparency, signingConfig, tlogUpload, keyless: isKeyless = false } = options;
  if (transparency !== undefined && signingConfig !== undefined) {
    throw usageError(
      '--transparency and --signing-config say the same thing twice',
      'Leave one of them out.',
    );
  }
  if (tlogUpload === 'false' && (transparency ?? 'none') !== 'none') {
    throw usageError(
      '--tlog-upload=false contradicts --transparency',
      'Leave it out: it means --transparency none.',
    );
  }
  const said = transparency ?? signingConfig ?? (tlogUpload === 'false' ? 'none' : undefined);
  if (isKeyless && said === 'none') {
    throw usageError(
      'keyless signatures need a log or a timestamp',
      'Their certificates are valid for minutes, and only these prove that it was then. Or sign with a key.',
    );
  }
  if (said !== undefined) return said;
  const isLocal = tlogUpload === undefined && images.length > 0 && images.every(isOnThisMachine);
  return isLocal && !isKeyless ? 'none' : 'public';
}

function isOnThisMachine(image: string): boolean {
  const location = parseLocation(image);
  return location.kind !== 'registry' || isLoopbackHost(location.reference.host);
}

/** The formats that `--format` means. */
export function formatsByOptions({ format = 'both' }: Options): readonly SignatureFormat[] {
  return format === 'both' ? ['bundle', 'legacy'] : [format];
}

/** Where signatures are kept that are not kept beside their images: COSIGN_REPOSITORY names the repository. */
export async function signatureStore(
  places: Places,
  { context }: Invocation,
  purpose: 'read' | 'change',
): Promise<ContentStore | undefined> {
  const name = context.env.COSIGN_REPOSITORY;
  if (!name) return undefined;
  const { store, tag, digest } = await places.open(name, purpose);
  if (tag === undefined && digest === undefined) return store;
  throw usageError(`COSIGN_REPOSITORY names more than a repository: ${name}`, `Set it to ${store.name}.`);
}
