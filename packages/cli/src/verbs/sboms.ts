import { type OptionName, registryOptions, trustOptions } from '../options.ts';
import type { Verb } from '../verb.ts';
import { registryEnvironment } from './entries.ts';

const source = 'an image, or dir:PATH for the files in a folder: lading --help shows how images are written';
const imageOptions: readonly OptionName[] = ['config', 'progress', ...registryOptions];
const downloadTrust: readonly OptionName[] = trustOptions.filter((name) => name !== 'threshold');

const timeEnvironment: Readonly<Record<string, string>> = {
  SOURCE_DATE_EPOCH:
    'the time of the SBOM, seconds since 1970 (default: when the image was made; of a folder now)',
  'GITHUB_SHA, GITHUB_REF': 'the commit that the format github belongs to',
};
const readerEnvironment: Readonly<Record<string, string>> = {
  XDG_CACHE_HOME: 'what is known of layers is kept in lading/layers below it (default: ~/.cache)',
  'DOCKER_HOST, DOCKER_CONTEXT': 'the container engine of docker-daemon:',
  ...registryEnvironment,
};

/** Commands on what is in images. */
export const sbomVerbs: readonly Verb[] = [
  {
    name: 'sbom',
    summary: 'tell what is in an image: packages, licences, dependencies',
    description:
      'Layers are read as they stream, each once, and what is known of them is kept: nothing is unpacked to disk. The same image gives the ' +
      'same bytes. An image without packages has an SBOM, too. Which digest was looked at, and what could not be read, is told on standard error.',
    arguments: { '<image>': source },
    options: [
      'sbomOutput',
      'file',
      'sbomPlatform',
      'base',
      'allLayers',
      'lazy',
      'fileHashes',
      'name',
      'author',
      'cache',
      'state',
      ...imageOptions,
    ],
    examples: [
      ['lading sbom --platform linux/amd64 alpine:3.20', 'a table on a terminal, CycloneDX 1.6 into a pipe'],
      ['lading sbom -o spdx-json=app.spdx.json -o table ghcr.io/acme/app:1.2', 'two formats at once'],
      [
        'lading sbom --platform all --file "sbom-{platform}.json" ghcr.io/acme/app:1.2',
        'of every platform, and of the index that names them',
      ],
      ['lading sbom --base debian:12 docker-daemon:app:dev', 'what was added to a base image'],
    ],
    environment: { ...timeEnvironment, ...readerEnvironment },
    load: () => import('../commands/sbom.ts'),
  },
  {
    name: 'sbom check',
    summary: 'judge an SBOM by what authorities ask for, with a score',
    description:
      'A file, or the SBOM that is attached to an image; CycloneDX and SPDX in JSON. cisa-2026 are the minimum elements of CISA, bsi is BSI ' +
      'TR-03183-2, ntia are the minimum elements of 2021. With --min-score the exit code is 1 when one of the scores is lower.',
    arguments: { '<file|image>': 'a file, - for standard input, or an image' },
    options: [
      'profile',
      'minScore',
      'verify',
      'platform',
      'type',
      ...downloadTrust,
      'config',
      ...registryOptions,
    ],
    examples: [
      ['lading sbom check sbom.cdx.json', 'how good is it, and what is missing'],
      ['lading sbom oci:./app | lading sbom check --profile cisa-2026 --min-score 90 -', 'a gate in a CI'],
      ['lading sbom check --key cosign.pub ghcr.io/acme/app:1.2', 'what is attached to an image'],
    ],
    environment: registryEnvironment,
    load: () => import('../commands/sbom-check.ts'),
  },
  {
    name: 'sbom convert',
    summary: 'write an SBOM in another format',
    description:
      'Reads CycloneDX (JSON and XML), SPDX (2.2, 2.3, 3.0) and syft’s JSON, also in an attestation. Into what, -o has to say. What a format has no place for goes into properties or annotations.',
    arguments: { '<file>': 'the SBOM; - is standard input' },
    options: ['sbomOutput', 'file', 'author', 'timeout'],
    examples: [
      ['lading sbom convert sbom.cdx.json -o spdx-json --file sbom.spdx.json', 'CycloneDX to SPDX'],
      ['lading sbom convert sbom.spdx.json -o table', 'to read it'],
    ],
    environment: timeEnvironment,
    load: () => import('../commands/sbom-convert.ts'),
  },
  {
    name: 'diff',
    summary: 'compare what is in two images: packages, licences, layers, size',
    description: 'Either of them may be a file with an SBOM.',
    arguments: { '<before>': source, '<after>': 'the same, of any kind' },
    options: ['platform', 'allLayers', 'detailedExitcode', 'cache', 'state', ...imageOptions],
    examples: [
      ['lading diff ghcr.io/acme/app:1.1 ghcr.io/acme/app:1.2', 'what the new version brings'],
      ['lading diff sbom.cdx.json ghcr.io/acme/app:1.2', 'against an SBOM that was kept'],
      [
        'lading diff --detailed-exitcode --quiet --platform linux/amd64 debian:12 oci:./mirror',
        'exit code 2 when they differ',
      ],
    ],
    environment: readerEnvironment,
    load: () => import('../commands/diff.ts'),
  },
];
