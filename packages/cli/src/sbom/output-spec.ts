import { usageError } from '../usage.ts';

/** What an SBOM is written as. */
export type SbomOutputFormat =
  | 'cyclonedx-json'
  | 'cyclonedx-xml'
  | 'spdx-json'
  | 'syft-json'
  | 'github'
  | 'table';

/** `spdx-json@2.3=sbom.spdx.json` */
export interface SbomOutput {
  readonly format: SbomOutputFormat;
  /** Of the format; without one its usual one. */
  readonly version?: string | undefined;
  /** Standard output without one. */
  readonly file?: string | undefined;
}

/** The formats, each with the versions that it can be written in. */
const versions: Readonly<Record<SbomOutputFormat, readonly string[]>> = {
  'cyclonedx-json': ['1.4', '1.5', '1.6', '1.7'],
  'cyclonedx-xml': ['1.4', '1.5', '1.6', '1.7'],
  'spdx-json': ['2.3', '3.0.1'],
  'syft-json': [],
  github: [],
  table: [],
};
export const sbomFormatNames: readonly SbomOutputFormat[] = Object.keys(versions) as SbomOutputFormat[];

/** What people say for short. */
const shortNames: ReadonlyMap<string, SbomOutputFormat> = new Map([
  ['cyclonedx', 'cyclonedx-json'],
  ['spdx', 'spdx-json'],
  ['syft', 'syft-json'],
  ['github-json', 'github'],
]);

/**
 * Reads `FORMAT[@VERSION][=FILE]`, as syft has it.
 * @throws {LadingError} `ERR_LADING_USAGE`
 */
export function parseSbomOutput(text: string): SbomOutput {
  const [, written = '', version, file] = /^([^@=]*)(?:@([^=]*))?(?:=(.*))?$/s.exec(text) ?? [];
  const format = shortNames.get(written) ?? sbomFormatNames.find((name) => name === written);
  if (format === undefined) {
    throw usageError(
      `there is no format ${JSON.stringify(written)}`,
      `There is: ${sbomFormatNames.join(', ')}.`,
    );
  }
  if (file === '')
    throw usageError(`${JSON.stringify(text)} names no file`, `Write ${format}=FILE, or ${format} alone.`);
  if (version !== undefined && !versions[format].includes(version)) {
    const known = versions[format];
    throw usageError(
      `${format} is not written in version ${JSON.stringify(version)}`,
      known.length === 0
        ? 'It has no versions to choose from.'
        : `There is: ${known.map((one) => `${format}@${one}`).join(', ')}.`,
    );
  }
  return { format, version, file };
}
