import { basename, resolve } from 'node:path';
import { formatPlatform, LadingError, matchesPlatform, type Platform, parseReference } from '@lading/oci';
import {
  type Bom,
  type CataloguedImages,
  type CatalogueEvent,
  type CatalogueOptions,
  catalogue,
  catalogueAll,
  catalogueFolder,
} from '@lading/sbom';
import { type ContentStore, parseLocation } from '@lading/store';
import { locationForms } from '../help.ts';
import { pathFrom } from '../path-from.ts';
import { engineImageOf } from '../places.ts';
import { usageError } from '../usage.ts';
import { about } from './about.ts';
import type { SbomRun } from './run.ts';

export interface SourceOptions {
  readonly platform?: Platform | 'all' | undefined;
  readonly allLayers?: boolean | undefined;
  /** How the image is called in its BOM. */
  readonly name?: string | undefined;
  /** What is said when there are several platforms, and none is asked for. */
  readonly choice?: string | undefined;
}

/**
 * Catalogues what a command line names: an image wherever it is, or a folder.
 * @throws {LadingError} `ERR_LADING_USAGE`: that is no place; what `catalogue` and `catalogueFolder` throw
 */
export async function catalogueSource(
  text: string,
  run: SbomRun,
  options: SourceOptions = {},
): Promise<CataloguedImages> {
  const folder = folderOf(text);
  if (folder !== undefined) return only(await catalogueDirectory(folder, run, options));
  checkKind(text);
  const { places, progress, reader, invocation } = run;
  const { signal } = invocation.context;
  progress.status(`opening ${text}`);
  const { store, reference } = await places.image(text);
  const { platform, allLayers, name = nameOf(text, store, invocation.context.cwd) } = options;
  const common: CatalogueOptions = { name, allLayers, reader, signal, onEvent: teller(text, run) };
  try {
    if (platform === 'all') return await catalogueAll(store, reference, common);
    const bom = await catalogue(store, reference, { ...common, platform });
    checkPlatform(bom, platform);
    return only(bom);
  } catch (error) {
    throw explained(error, text, store, options);
  }
}

function only(bom: Bom): CataloguedImages {
  return { root: bom, images: [bom] };
}

/** The folder that `dir:PATH` names. */
export function folderOf(text: string): string | undefined {
  const [, path] = /^dir:(.*)$/s.exec(text) ?? [];
  if (path !== '') return path;
  throw usageError('dir: names no folder', 'Write dir:PATH, for example dir:./rootfs.');
}

async function catalogueDirectory(path: string, run: SbomRun, options: SourceOptions): Promise<Bom> {
  const { progress, reader, invocation } = run;
  const { cwd, signal } = invocation.context;
  if (options.platform !== undefined || options.allLayers) {
    const what = options.allLayers ? 'layers' : 'platforms';
    throw usageError(
      `a folder has no ${what}`,
      `Leave out --${options.allLayers ? 'all-layers' : 'platform'}.`,
    );
  }
  return catalogueFolder(pathFrom(cwd, path), {
    // Where it lies is nobody's business.
    name: options.name ?? (basename(resolve(cwd, path)) || '/'),
    cataloguers: reader.cataloguers,
    signal,
    onProgress: (files) => progress.status(`reading ${path}: ${files} files`),
  });
}

function teller(text: string, { progress }: SbomRun): (event: CatalogueEvent) => void {
  let layers = 0;
  let done = 0;
  return (event) => {
    if (event.type === 'image:start') {
      layers = event.layers.length;
      done = 0;
    } else done++;
    progress.status(`reading ${text}: ${done} of ${layers} layers`);
  };
}

/** The image's repository; of what lies in a file or folder that one's name, without the way there. */
function nameOf(text: string, store: ContentStore, cwd: string): string {
  const inEngine = engineImageOf(text);
  if (inEngine !== undefined) return (isImageId(inEngine) ? undefined : repositoryIn(inEngine)) ?? inEngine;
  const location = parseLocation(text);
  if (location.kind === 'registry') return store.name;
  const reference = location.kind === 'docker-archive' ? location.reference : undefined;
  const named = reference?.includes('/') ? repositoryIn(reference) : undefined;
  return named ?? basename(resolve(cwd, location.path)).replace(/\.(?:tar|tgz|tar\.gz)$/, '');
}

function isImageId(name: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{12,64}$/.test(name);
}

function repositoryIn(text: string): string | undefined {
  try {
    const { host, repository } = parseReference(text);
    return `${host}/${repository}`;
  } catch {
    return undefined;
  }
}

/** Kinds that other tools have, and slips of the pen: taken for the name of a repository they would be asked of Docker Hub. */
const unknownKind = /^(?:docker-\w*|oci-\w+|containers-\w+|podman|singularity|sbom|directory|folder)$/;
/** What no tag is, and no port with a repository: a path, or a whole reference. */
const noTag = /^(?:[./~]|(?!\d+\/)[^@]*[/:])/;

/** @throws {LadingError} `ERR_LADING_USAGE` with the kinds that there are */
function checkKind(text: string): void {
  if (/^(?:\.{0,2}\/|~)/.test(text)) {
    throw usageError(
      `it is not said what ${text} is`,
      `Write dir:${text} for the files in a folder, oci:${text} for an OCI layout, oci-archive: or docker-archive: for a tar file.`,
    );
  }
  const [, kind = '', rest = ''] = /^([A-Za-z][\w+-]*):(.*)$/s.exec(text) ?? [];
  if (kind === '' || kinds.some((form) => form.startsWith(`${kind}:`))) return;
  if (!noTag.test(rest) && !(unknownKind.test(kind) && !/^\d+\//.test(rest))) return;
  throw usageError(
    `there is no place of the kind ${kind}:`,
    `There is: ${kinds.join(', ')}, or a reference; an image of that name is docker.io/library/${kind}.`,
  );
}

/** `oci:DIR`, … */
const kinds: readonly string[] = [
  ...locationForms.flatMap(([form]) => (/^[a-z-]+:[A-Z]+/.exec(form) ?? []).slice(0, 1)),
  'dir:PATH',
];

/** An image of one platform that stands alone is what it is, whatever was asked for. */
function checkPlatform({ subject }: Bom, wanted: Platform | undefined): void {
  if (wanted === undefined || subject.platform === undefined) return;
  if (matchesPlatform(wanted, subject.platform)) return;
  throw new LadingError(
    'ERR_LADING_PLATFORM',
    `the image is for ${formatPlatform(subject.platform)} and not for ${formatPlatform(wanted)}`,
  );
}

/** What says nothing of the place gets its name, and what leaves a choice the options for it. */
function explained(error: unknown, text: string, store: ContentStore, options: SourceOptions): unknown {
  const { code, message, hint } = error as LadingError;
  if (code === 'ERR_LADING_PLATFORM') {
    const { platform, choice = 'Choose one with --platform.' } = options;
    return about(error, text, platform === undefined ? `${choice} ${hint}` : hint);
  }
  return code === 'ERR_LADING_CONTENT_MISMATCH' && !message.includes(store.name) ? about(error, text) : error;
}
