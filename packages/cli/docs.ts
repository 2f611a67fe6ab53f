// Writes docs/cli.md from the command tree: npm run docs
import { writeFileSync } from 'node:fs';
import { exitCodeMeanings } from './src/exit-codes.ts';
import { locationForms } from './src/help.ts';
import { type OptionName, optionSpecs, outputOptions } from './src/options.ts';
import type { Verb } from './src/verb.ts';
import { verbGroups } from './src/verbs/index.ts';

/** The reference of all commands as Markdown. */
export function cliDocument(): string {
  const verbs = verbGroups.flatMap((group) => group.verbs);
  return [
    '# Commands',
    '',
    '<!-- Made from the command tree by "npm run docs"; a test says when it is stale. -->',
    '',
    ...verbGroups.flatMap(({ heading, verbs: own }) => [
      `**${heading.replace(/:$/, '')}** ${own.map(({ name }) => `[${name}](#lading-${name.replace(' ', '-')})`).join(' · ')}`,
      '',
    ]),
    'Images are named by:',
    '',
    ...table(
      ['written', 'where'],
      locationForms.map(([form, where]) => [`\`${cell(form)}\``, where]),
    ),
    '',
    'Standard output carries the result alone; progress, notices and errors go to standard error. Every command takes',
    `${outputOptions.map((name) => `\`${optionSpecs[name].flags}\``).join(', ')} and \`-h, --help\`.`,
    '',
    '## Exit codes',
    '',
    ...table(
      ['code', 'meaning'],
      exitCodeMeanings.map(([code, meaning]) => [String(code), meaning]),
    ),
    '',
    ...verbs.flatMap(verbSection),
  ].join('\n');
}

function verbSection(verb: Verb): string[] {
  const { name, summary, description, options, examples } = verb;
  const notation = Object.keys(verb.arguments ?? {});
  return [
    `## lading ${name}`,
    '',
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.${description === undefined ? '' : ` ${description}`}`,
    '',
    '```console',
    `$ ${['lading', name, ...notation, '[options]'].join(' ')}`,
    '```',
    '',
    ...aliasLines(verb),
    ...definitions('argument', Object.entries(verb.arguments ?? {})),
    ...definitions(
      'option',
      options.map((option): [string, string] => described(option)),
    ),
    ...definitions('variable', Object.entries(verb.environment ?? {})),
    '```sh',
    ...examples.map(([command, what]) => `${command}   # ${what}`),
    '```',
    '',
  ];
}

function aliasLines({ name, aliases = [] }: Verb): string[] {
  if (aliases.length === 0) return [];
  return [`\`lading ${name}\` is also \`${aliases.map((alias) => `lading ${alias}`).join('`, `')}\`.`, ''];
}

function described(name: OptionName): [string, string] {
  const { flags, description } = optionSpecs[name];
  return [flags, description];
}

function definitions(what: string, entries: readonly (readonly [string, string])[]): string[] {
  if (entries.length === 0) return [];
  return [
    ...table(
      [what, ''],
      entries.map(([term, meaning]) => [`\`${cell(term)}\``, cell(meaning)]),
    ),
    '',
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

/** A bar would end the table's cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) writeFileSync(new URL('../../docs/cli.md', import.meta.url), cliDocument());
