import { stat } from 'node:fs/promises';
import { type Bom, type ReadSbom, readSbom, sbomLimits } from '@lading/sbom';
import type { Context } from '../context.ts';
import { readInput } from '../input.ts';
import { pathFrom } from '../path-from.ts';
import { usageError } from '../usage.ts';
import { about } from './about.ts';
import type { SbomRun } from './run.ts';
import { catalogueSource, type SourceOptions } from './source.ts';

/** Whether an argument is a file and no image: standard input, what is there, or what only files are called. */
export async function isSbomFile(text: string, { cwd }: Pick<Context, 'cwd'>): Promise<boolean> {
  if (text === '-') return true;
  const found = await stat(pathFrom(cwd, text)).catch(() => undefined);
  if (found?.isDirectory()) {
    throw usageError(
      `${text} is a folder`,
      `Write dir:${text} for its files, or oci:${text} for an OCI layout.`,
    );
  }
  return found !== undefined || /^(?:\.{0,2}\/|~)|\.(?:json|xml|spdx|cdx)$/.test(text);
}

/** @throws {LadingError} `ERR_LADING_USAGE`: it is not there, or too large */
export function readSbomFile(file: string, context: Context): Promise<Uint8Array> {
  return readInput(file, context, { what: 'SBOM', limit: sbomLimits.maxBytes });
}

/** @throws {LadingError} `ERR_LADING_USAGE`: it is not there, or too large; `ERR_LADING_SBOM`: it is none that is read */
export async function openSbomFile(file: string, context: Context): Promise<ReadSbom> {
  const bytes = await readSbomFile(file, context);
  try {
    return readSbom(bytes);
  } catch (error) {
    const hint = 'CycloneDX in JSON and XML is read, SPDX 2 in JSON, and syft’s JSON.';
    throw about(error, fileName(file), hint);
  }
}

export function fileName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** The BOM of an argument: of an SBOM file, else of an image or folder. */
export async function bomOf(text: string, run: SbomRun, options: SourceOptions): Promise<Bom> {
  const { context } = run.invocation;
  if (!(await isSbomFile(text, context))) return (await catalogueSource(text, run, options)).root;
  return (await openSbomFile(text, context)).bom;
}
