import { registryOptions } from '../options.ts';
import type { Verb } from '../verb.ts';
import { registryEnvironment } from './entries.ts';

/** Commands on whole registries. */
export const registryVerbs: readonly Verb[] = [
  {
    name: 'catalog',
    summary: 'list the repositories of a registry',
    description: 'Many public registries do not offer this.',
    arguments: { '<host>': 'for example localhost:5000' },
    options: ['limit', 'config', ...registryOptions],
    examples: [
      ['lading catalog localhost:5000', 'one per line'],
      ['lading catalog registry.example.org --limit 100', 'the first hundred'],
    ],
    environment: registryEnvironment,
    load: () => import('../commands/catalog.ts'),
  },
  {
    name: 'serve',
    summary: 'run a registry over a folder',
    description:
      'Says its address on standard error and stays until Ctrl-C. Content is kept in the folder; a crash loses nothing ' +
      'that was acknowledged. Beyond this machine it wants credentials or --allow-anonymous.',
    arguments: { '[dir]': 'where content is kept (default: ./registry)' },
    options: ['listen', 'user', 'passwordStdin', 'users', 'allowAnonymous', 'readOnly', 'gc'],
    examples: [
      ['lading serve', 'http://127.0.0.1:5000, for this machine only'],
      ['lading serve /srv/images --listen 127.0.0.1:0 --json', 'on a free port, which the document names'],
      ['echo "$PW" | lading serve --listen :5000 --user bob --password-stdin', 'for others, with a password'],
      ['lading serve ./registry --read-only --allow-anonymous --listen :5000', 'to pull from, for everyone'],
    ],
    load: () => import('../commands/serve.ts'),
  },
  {
    name: 'login',
    summary: 'check credentials against a registry and keep them where docker does',
    description: 'They go to the credential helper that docker’s config.json names, else into that file.',
    arguments: { '<host>': 'for example ghcr.io; docker.io is Docker Hub' },
    options: ['user', 'passwordStdin', ...registryOptions],
    examples: [
      ['echo "$TOKEN" | lading login ghcr.io --user bob --password-stdin', 'as docker login does'],
      ['lading login localhost:5000 --user bob --password-stdin < password.txt', 'from a file'],
    ],
    environment: { DOCKER_CONFIG: 'the folder of config.json (default: ~/.docker)' },
    load: () => import('../commands/login.ts'),
  },
  {
    name: 'logout',
    summary: 'forget the credentials of a registry',
    arguments: { '<host>': 'for example ghcr.io' },
    options: [],
    examples: [['lading logout ghcr.io', 'as docker logout does']],
    environment: { DOCKER_CONFIG: 'the folder of config.json (default: ~/.docker)' },
    load: () => import('../commands/logout.ts'),
  },
];
