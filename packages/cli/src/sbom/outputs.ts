import { resolve } from 'node:path';
import { formatPlatform } from '@lading/oci';
import { type Bom, platformNames } from '@lading/sbom';
import { pathFrom } from '../path-from.ts';
import { replaceFile } from '../replace-file.ts';
import { usageError } from '../usage.ts';
import type { Invocation } from '../verb.ts';
import { documentOptions, githubOptions } from './document-options.ts';
import type { SbomOutput } from './output-spec.ts';
import { onOneLine, type WriteOptions, writeBom } from './write.ts';

const placeholder = '{platform}';

/**
 * What is to be written, and where, by the options: at most one of it to standard output.
 * @param usual The format when none is named.
 * @throws {LadingError} `ERR_LADING_USAGE`, before anything is read
 */
export function plannedOutputs(
  { options, context }: Invocation,
  usual: SbomOutput['format'],
): readonly SbomOutput[] {
  const { sbomOutput = [{ format: usual }], file, sbomPlatform, json } = options;
  const bare = sbomOutput.filter((output) => output.file === undefined);
  if (bare.length > 1) {
    throw usageError(
      'several formats want the same place',
      `Give each a file of its own: ${sbomOutput.map(({ format }) => `-o ${format}=FILE`).join(' ')}.`,
    );
  }
  if (file !== undefined && bare.length === 0) {
    throw usageError('--file has no format left to write', 'Each -o FORMAT=FILE names its own file.');
  }
  const outputs = sbomOutput.map((output) => (output.file === undefined ? { ...output, file } : output));
  const files = outputs.flatMap((output) => output.file ?? []);
  const places = files.map((file) => resolve(context.cwd, file));
  const twice = files.find((_, index) => places.indexOf(places[index]!) !== index);
  if (twice !== undefined) throw usageError(`two formats would be written to ${twice}`);
  const unplaced = files.find((one) => !one.includes(placeholder));
  if (sbomPlatform === 'all' && unplaced !== undefined) {
    throw usageError(
      `all platforms would be written to ${unplaced}`,
      `Put ${placeholder} into the file’s name, for example sbom-${placeholder}.json.`,
    );
  }
  const onStdout = outputs.find((output) => output.file === undefined);
  if (json && options.sbomOutput !== undefined && onStdout !== undefined) {
    throw usageError(
      `--json and -o ${onStdout.format} both want standard output`,
      `Leave one out, or give the format a file: -o ${onStdout.format}=FILE.`,
    );
  }
  if (sbomPlatform === 'all' && onStdout?.format === 'cyclonedx-xml') {
    throw usageError(
      'several XML documents cannot be told apart on standard output',
      `Write them to files: --file sbom-${placeholder}.xml.`,
    );
  }
  if (outputs.some(({ format }) => format === 'github')) githubOptions(context, '');
  documentOptions({ context, options });
  return outputs;
}

/**
 * Writes BOMs out: files first, each in one step, and then what goes to standard output. Several documents there stand on a line each.
 * @param made When, where nothing else tells.
 * @returns the files
 */
export async function putBoms(
  boms: readonly Bom[],
  outputs: readonly SbomOutput[],
  invocation: Invocation,
  made?: Date,
): Promise<readonly string[]> {
  const { context, options, output } = invocation;
  const common: WriteOptions = { document: documentOptions(invocation, made), context };
  const names = fileNames(boms);
  const written: string[] = [];
  for (const one of outputs) {
    if (one.file === undefined) continue;
    for (const [index, bom] of boms.entries()) {
      if (!canSay(one, bom)) continue;
      const file = one.file.replaceAll(placeholder, names[index]!);
      await replaceFile(pathFrom(context.cwd, file), writeBom(bom, one, common), context.signal);
      written.push(file);
    }
  }
  const onStdout = outputs.find(({ file }) => file === undefined);
  if (onStdout !== undefined && !options.json) {
    const width = context.stdout.isTTY ? context.stdout.columns : undefined;
    await output.bytes(onStandardOutput(boms, onStdout, { ...common, width }));
  }
  return written;
}

function* onStandardOutput(
  boms: readonly Bom[],
  one: SbomOutput,
  options: WriteOptions,
): Generator<Uint8Array> {
  const said = boms.filter((bom) => canSay(one, bom));
  for (const [index, bom] of said.entries()) {
    const isTable = one.format === 'table';
    if (isTable && said.length > 1) {
      const { platform, descriptor } = bom.subject;
      const head = `${platform === undefined ? 'index' : formatPlatform(platform)}  ${descriptor.digest}`;
      yield Buffer.from(index === 0 ? `${head}\n` : `\n${head}\n`);
    }
    const pieces = writeBom(bom, one, options);
    for (const piece of isTable || said.length === 1 ? pieces : onOneLine(pieces)) yield Buffer.from(piece);
  }
}

/** GitHub has no place for what only names other documents. */
function canSay({ format }: SbomOutput, { variants }: Bom): boolean {
  return format !== 'github' || variants === undefined;
}

/** What stands in a file's name for each of them: `linux-amd64`, `index`. */
function fileNames(boms: readonly Bom[]): readonly string[] {
  const images = boms.filter(({ variants }) => variants === undefined);
  const names = platformNames(images.map(({ subject }) => subject.platform)).values();
  return boms.map(({ variants }) => (variants === undefined ? names.next().value! : 'index'));
}
