import { type OptionName, registryOptions } from '../options.ts';
import type { Verb } from '../verb.ts';

const entryOptions: readonly OptionName[] = [
  'config',
  'only',
  'shard',
  'locked',
  'concurrency',
  ...registryOptions,
];

/** What is read by every verb that reads or writes images. */
export const registryEnvironment: Readonly<Record<string, string>> = {
  'GITHUB_ACTOR, GITHUB_TOKEN': 'credentials for ghcr.io',
  'QUAY_USERNAME, QUAY_ROBOT_TOKEN': 'credentials for quay.io',
  'DOCKER_CONFIG, REGISTRY_AUTH_FILE': 'where docker (folder) and podman (file) keep credentials',
  'HTTPS_PROXY, HTTP_PROXY, NO_PROXY': 'the proxy to registries, and the hosts that need none',
};

/** What is read by those that sign. */
const signingEnvironment: Readonly<Record<string, string>> = {
  COSIGN_PRIVATE_KEY:
    'the content of a key file: images are signed with it unless config.yaml says otherwise',
  COSIGN_PASSWORD: "the key's password",
  COSIGN_REPOSITORY: 'the repository that signatures are kept in, instead of beside their images',
};

/** Commands over the entries of config.yaml. */
export const entryVerbs: readonly Verb[] = [
  {
    name: 'plan',
    summary: 'show what sync would do',
    description:
      'Compares digests at both sides: two small requests per entry, and nothing is written. ' +
      'Where images are signed, it looks whether they are; a cosign.pub beside config.yaml will do for that.',
    options: [...entryOptions, 'key', 'state', 'cache', 'detailedExitcode', 'progress'],
    examples: [
      ['lading plan', 'what would change'],
      ['lading plan -c images.yaml --only "ghcr.io/acme/*"', 'for some destinations of another file'],
      ['lading plan --detailed-exitcode || echo "out of date"', 'in a script: 0 nothing to do, 2 changes'],
      ['lading plan --json', 'for a program'],
    ],
    environment: { ...signingEnvironment, ...registryEnvironment },
    load: () => import('../commands/plan.ts'),
  },
  {
    name: 'sync',
    summary: 'copy what differs from its source',
    description:
      'Images move byte for byte, all platforms, by digest; the tag moves last. What is equal costs two requests. ' +
      'One entry that fails stops no other. With a key (COSIGN_PRIVATE_KEY, sign.key) images are signed before their tag moves.',
    options: [...entryOptions, 'key', 'state', 'cache', 'dryRun', 'progress', 'jsonLines'],
    examples: [
      ['lading sync', 'everything in config.yaml'],
      ['lading sync --only "*/alpine:*" --dry-run', 'say what would happen to some of it'],
      ['lading sync --key cosign.key --state .lading', 'sign with this key, and remember what is signed'],
      ['lading sync --json > report.json', 'keep the report'],
    ],
    environment: { ...signingEnvironment, ...registryEnvironment },
    load: () => import('../commands/sync.ts'),
  },
  {
    name: 'lock',
    summary: 'write down in lading.lock which digest each tag stands for now',
    description: 'With --locked, plan and sync then take exactly these digests until the next lading lock.',
    options: ['config', 'only', 'shard', 'concurrency', 'dryRun', 'progress', ...registryOptions],
    examples: [
      ['lading lock', 'refresh lading.lock beside config.yaml'],
      ['lading lock --dry-run', 'see what moved since'],
      ['lading sync --locked', 'copy what was locked'],
    ],
    environment: registryEnvironment,
    load: () => import('../commands/lock.ts'),
  },
];
