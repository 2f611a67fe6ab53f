import { writeFile } from 'node:fs/promises';
import { type Descriptor, formatPlatform, LadingError, parseManifest } from '@lading/oci';
import type { Verdict } from '@lading/sign';
import { type ContentStore, fetchManifest } from '@lading/store';
import { loadPlatform } from './image.ts';
import { pathFrom } from './path-from.ts';
import { openPlaces, type Places } from './places.ts';
import { verdictProblem } from './render/verdict.ts';
import { signatureStore } from './signing-options.ts';
import { openSubject, type Subject } from './subjects.ts';
import { openTrustByOptions } from './trust-options.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** What the commands that download start from. */
export interface DownloadRun extends AsyncDisposable {
  readonly image: Subject;
  /** The image, or what it has for `--platform`. */
  readonly subject: Descriptor;
  /** Nothing with `--no-verify`. */
  readonly trust: Awaited<ReturnType<typeof openTrustByOptions>> | undefined;
  readonly signatures: ContentStore | undefined;
}

/**
 * Opens the image whose attachments are asked for, and those whose signature counts.
 * @throws {LadingError} `ERR_LADING_USAGE`: nobody is trusted, and it is not said that nothing is to be verified.
 */
export async function openDownload(invocation: Invocation): Promise<DownloadRun> {
  const { args, options, context } = invocation;
  const trust = await trustOf(invocation);
  const places: Places = await openPlaces(invocation);
  try {
    const image = await openSubject(args[0]!, places, invocation, 'read');
    const { store, descriptor } = image;
    const [platform] = options.platform ?? [];
    const { signal } = context;
    const subject =
      platform === undefined
        ? descriptor
        : (await loadPlatform(store, descriptor.digest, platform, { signal })).descriptor;
    return {
      image,
      subject,
      trust,
      signatures: await signatureStore(places, invocation, 'read'),
      [Symbol.asyncDispose]: () => places[Symbol.asyncDispose](),
    };
  } catch (error) {
    await places[Symbol.asyncDispose]();
    throw error;
  }
}

async function trustOf(invocation: Invocation): Promise<DownloadRun['trust']> {
  const { verify } = invocation.options;
  if (verify === false) return undefined;
  try {
    return await openTrustByOptions(invocation);
  } catch (error) {
    const { code, message, hint } = error as LadingError;
    if (code !== 'ERR_LADING_USAGE') throw error;
    throw usageError(message, `${hint} Or take what is there, by whomever it is: --no-verify.`, error);
  }
}

/**
 * The error when there is nothing to download; what is to be done about it stands in the hint.
 * @param noun What was looked for: `SBOM`.
 */
export async function nothingFound(
  { image: { store }, subject }: DownloadRun,
  noun: string,
  verdict: Verdict | undefined,
  signal: AbortSignal,
): Promise<LadingError> {
  const platforms = await platformsOf(store, subject, signal);
  const hint =
    platforms.length === 0
      ? undefined
      : `It is an index, and what it lists may have one each: choose with --platform ${platforms.slice(0, 8).join(', ')}.`;
  // What says something else is no reason why there is none.
  const isThere = verdict?.rejected.some(({ code }) => code !== 'other-statement');
  const problem = isThere ? verdictProblem(verdict!, noun, hint) : undefined;
  if (problem !== undefined) return problem;
  return new LadingError('ERR_LADING_UNSIGNED', `${store.name}@${subject.digest} has no ${noun}`, {
    hint: hint ?? 'lading tree shows what is attached to it.',
  });
}

async function platformsOf(
  store: ContentStore,
  subject: Descriptor,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const manifest = parseManifest(await fetchManifest(store, subject, { signal }), subject.mediaType);
  if (manifest.kind !== 'index') return [];
  const platforms = manifest.manifests.flatMap(({ platform }) => platform ?? []);
  return [...new Set(platforms.filter(({ os }) => os !== 'unknown').map(formatPlatform))];
}

/** Puts documents out: one as it is, to the byte; several one per line. */
export async function putDocuments(
  documents: readonly Uint8Array[],
  { options, context, output }: Invocation,
): Promise<void> {
  const bytes = documents.length === 1 ? documents[0]! : Buffer.concat(documents.map(onOneLine));
  const { output: file } = options;
  if (file === undefined) {
    await output.bytes([bytes]);
    return;
  }
  await writeFile(pathFrom(context.cwd, file), bytes, { signal: context.signal });
  output.say(`${output.paint('good', '✓')} ${file}`);
}

/** JSON has no line breaks inside of its texts: all of them are layout. */
function onOneLine(json: Uint8Array): Buffer {
  return Buffer.from(
    `${Buffer.from(json)
      .toString('utf8')
      .replaceAll(/[\r\n]+/g, ' ')
      .trim()}\n`,
  );
}
