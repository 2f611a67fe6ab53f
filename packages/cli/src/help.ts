import { exitCodeMeanings } from './exit-codes.ts';
import { alignColumns } from './render/columns.ts';
import type { Verb } from './verb.ts';

/** How images are named on command lines and in config.yaml. */
export const locationForms: readonly (readonly [form: string, where: string])[] = [
  ['[HOST/]REPOSITORY[:TAG][@DIGEST]', 'in a registry; alpine is docker.io/library/alpine:latest'],
  ['oci:DIR[:TAG|@DIGEST]', 'in an OCI layout folder'],
  ['oci-archive:FILE[:TAG|@DIGEST]', 'in a tar file of an OCI layout'],
  ['docker-archive:FILE[:REFERENCE]', 'in a tar file as docker save writes it'],
  ['docker-daemon:IMAGE', 'in a container engine, Docker or podman; only to be read'],
];

/** What follows a command's options in its help: examples and environment. */
export function helpTail(verb: Verb): string {
  const examples = verb.examples.flatMap(([command, what]) => [`  # ${what}`, `  ${command}`, '']);
  const environment = Object.entries(verb.environment ?? {});
  return [
    '',
    'Examples:',
    ...examples,
    ...(environment.length === 0 ? [] : ['Environment:', ...table(environment), '']),
    'Exit codes: 0 fine, 1 failed, 3 usage, 4 authentication, …: lading --help lists them.',
  ].join('\n');
}

/** What follows the list of commands in `lading --help`. */
export function rootHelpTail(): string {
  return [
    '',
    'Images are named by',
    ...table(locationForms),
    '',
    'Exit codes:',
    ...table(exitCodeMeanings.map(([code, meaning]) => [String(code), meaning])),
    '',
    'Start with: lading plan --help, lading copy --help.',
  ].join('\n');
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  return alignColumns(rows).map((row) => `  ${row.join('  ')}`);
}
