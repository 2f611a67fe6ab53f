import type { Verb } from '../verb.ts';

/** Commands that help with configuration and shells. */
export const setupVerbs: readonly Verb[] = [
  {
    name: 'config validate',
    summary: 'check config.yaml and show what is wrong, with its line',
    options: ['config'],
    examples: [
      ['lading config validate', 'exit code 3 when something is wrong'],
      ['lading config validate -c images.yaml --json', 'for a program'],
    ],
    load: () => import('../commands/config-validate.ts'),
  },
  {
    name: 'config print',
    summary: 'print the configuration as it is understood',
    description: 'Variables are filled in and defaults merged; secrets are shown as [redacted].',
    options: ['config'],
    examples: [
      ['lading config print', 'what every entry comes down to'],
      ['VERSION=3.18 lading config print', 'with a variable that config.yaml uses'],
    ],
    load: () => import('../commands/config-print.ts'),
  },
  {
    name: 'config schema',
    summary: 'print the JSON Schema of config.yaml, for editors',
    options: [],
    examples: [
      ['lading config schema > lading.schema.json', 'then, as the first line of config.yaml:'],
      ['# yaml-language-server: $schema=./lading.schema.json', 'completion and checks while typing'],
    ],
    load: () => import('../commands/config-schema.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    arguments: { '<shell>': 'bash, zsh or fish' },
    options: [],
    examples: [
      ['source <(lading completion bash)', 'in ~/.bashrc'],
      ['source <(lading completion zsh)', 'in ~/.zshrc, after compinit'],
      ['lading completion fish > ~/.config/fish/completions/lading.fish', 'for fish'],
    ],
    load: () => import('../commands/completion.ts'),
  },
];
