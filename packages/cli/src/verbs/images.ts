import { registryOptions } from '../options.ts';
import type { Verb } from '../verb.ts';
import { registryEnvironment } from './entries.ts';

const environment = registryEnvironment;
const image = 'an image: lading --help shows how it is written';

/** Commands on single images. */
export const imageVerbs: readonly Verb[] = [
  {
    name: 'copy',
    summary: 'copy an image from anywhere to anywhere',
    description:
      'Between registries, OCI layout folders and archives; bytes and digests stay the same unless --platform ' +
      'makes a smaller index. Prints the copy with its digest.',
    arguments: { '<source>': image, '<destination>': 'where it goes; without a tag it gets the source’s' },
    options: [
      'platform',
      'referrers',
      'foreignLayers',
      'concurrency',
      'dryRun',
      'config',
      'progress',
      'jsonLines',
      ...registryOptions,
    ],
    examples: [
      ['lading copy alpine:3.17.3 ghcr.io/acme/alpine:3.17.3', 'vendor an image'],
      ['lading copy alpine:3.17.3 oci:./alpine', 'download it into a folder'],
      ['lading copy oci-archive:alpine.tar localhost:5000/alpine:3.17.3', 'and upload it elsewhere'],
      ['lading copy --platform linux/arm64 debian:12 docker-archive:debian.tar', 'for docker load'],
    ],
    environment,
    load: () => import('../commands/copy.ts'),
  },
  {
    name: 'digest',
    summary: 'print the digest of an image',
    arguments: { '<image>': image },
    options: ['platform', 'config', ...registryOptions],
    examples: [
      ['lading digest alpine:3.17.3', 'one line: sha256:…'],
      ['lading digest --platform linux/arm64 alpine:3.17.3', 'of one platform’s manifest'],
      ['docker run "alpine@$(lading digest alpine:3.17.3)"', 'pin it'],
    ],
    environment,
    load: () => import('../commands/digest.ts'),
  },
  {
    name: 'tags',
    summary: 'list the tags of a repository',
    arguments: { '<repository>': 'for example ghcr.io/acme/alpine or oci:./alpine' },
    options: ['limit', 'config', ...registryOptions],
    examples: [
      ['lading tags ghcr.io/acme/alpine', 'one per line, as they come'],
      ['lading tags alpine --limit 10 --json', 'the first ten, for a program'],
    ],
    environment,
    load: () => import('../commands/tags.ts'),
  },
  {
    name: 'tag',
    summary: 'give an image further tags, without moving any layer',
    arguments: { '<image>': image, '<tag...>': 'tags to set in the same repository' },
    options: ['dryRun', 'config', ...registryOptions],
    examples: [
      ['lading tag ghcr.io/acme/alpine:3.17.3 3.17 3 latest', 'three more tags'],
      ['lading tag ghcr.io/acme/app@sha256:… stable', 'promote a digest'],
    ],
    environment,
    load: () => import('../commands/tag.ts'),
  },
  {
    name: 'delete',
    summary: 'remove a tag, or a manifest with all its tags',
    description: 'A reference with a digest removes the manifest and every tag that points at it.',
    arguments: { '<image...>': image },
    options: ['dryRun', 'config', ...registryOptions],
    examples: [
      ['lading delete ghcr.io/acme/app:pr-17', 'the tag alone'],
      ['lading delete ghcr.io/acme/app@sha256:…', 'the image'],
      ['lading delete --dry-run ghcr.io/acme/app:pr-17', 'only say which digest it is'],
    ],
    environment,
    load: () => import('../commands/delete.ts'),
  },
  {
    name: 'manifest',
    summary: 'print a manifest or index, byte for byte',
    arguments: { '<image>': image },
    options: ['platform', 'config', ...registryOptions],
    examples: [
      ['lading manifest alpine:3.17.3', 'the index'],
      ['lading manifest --platform linux/amd64 alpine:3.17.3', 'one platform’s manifest'],
      ['lading manifest alpine:3.17.3 | sha256sum', 'the same digest as lading digest says'],
    ],
    environment,
    load: () => import('../commands/manifest.ts'),
  },
  {
    name: 'config-blob',
    summary: 'print the configuration of an image, byte for byte',
    arguments: { '<image>': image },
    options: ['platform', 'config', ...registryOptions],
    examples: [
      [
        'lading config-blob --platform linux/amd64 alpine:3.17.3',
        'environment, entrypoint, history, diff ids',
      ],
      ['lading config-blob oci:./alpine', 'of an image of one platform'],
    ],
    environment,
    load: () => import('../commands/config-blob.ts'),
  },
  {
    name: 'blob',
    summary: 'print a blob, verified',
    arguments: { '<repository@digest>': 'the repository that holds it, and its digest' },
    options: ['config', ...registryOptions],
    examples: [
      ['lading blob ghcr.io/acme/alpine@sha256:… | tar -tz', 'what is in a layer'],
      ['lading blob oci:./alpine@sha256:… > layer.tar.gz', 'keep it'],
    ],
    environment,
    load: () => import('../commands/blob.ts'),
  },
  {
    name: 'validate',
    summary: 'read an image whole and check every size and digest',
    arguments: { '<image>': image },
    options: ['concurrency', 'config', 'progress', ...registryOptions],
    examples: [
      ['lading validate ghcr.io/acme/alpine:3.17.3', 'exit code 5 when content is not what its digest says'],
      ['lading validate oci-archive:alpine.tar', 'a file before it is shipped'],
    ],
    environment,
    load: () => import('../commands/validate.ts'),
  },
];
