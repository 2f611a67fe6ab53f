import { type OptionName, optionSpecs, outputOptions } from '../options.ts';
import type { Verb, VerbGroup } from '../verb.ts';

/** What a shell may offer after a verb. */
export interface CompletableOption {
  /** `-c`, when there is a short form. */
  readonly short: string | undefined;
  /** `--config` */
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface CompletableVerb {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletableOption[];
}

/** The command tree as words, which all shells' scripts are made from. */
export function completableVerbs(groups: readonly VerbGroup[]): readonly CompletableVerb[] {
  return groups.flatMap((group) => group.verbs.flatMap(completableNames));
}

/** The first words of all verbs, with what to say about each. */
export function firstWords(verbs: readonly CompletableVerb[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const { name, summary } of verbs) {
    const [first = '', second] = name.split(' ');
    words.set(
      first,
      second === undefined ? summary : `${words.has(first) ? `${words.get(first)}, ` : ''}${second}`,
    );
  }
  return words;
}

/** The second words after a first one: `validate`, `print`, `schema` after `config`. */
export function secondWords(verbs: readonly CompletableVerb[], first: string): ReadonlyMap<string, string> {
  return new Map(
    verbs
      .filter(({ name }) => name.startsWith(`${first} `))
      .map(({ name, summary }) => [name.slice(first.length + 1), summary]),
  );
}

function completableNames(verb: Verb): readonly CompletableVerb[] {
  const options = [...verb.options, ...outputOptions].map(completableOption);
  const aliases = verb.aliases ?? [];
  return [
    { name: verb.name, summary: verb.summary, options },
    ...aliases.map((name) => ({ name, summary: `the same as ${verb.name}`, options })),
  ];
}

function completableOption(name: OptionName): CompletableOption {
  const { flags, description, completions = [], choices = completions } = optionSpecs[name];
  const [, short, long = '', value] = /^(?:(-\w), )?(--[\w-]+)( <.*)?$/.exec(flags) ?? [];
  return { short, long, description, takesValue: value !== undefined, choices };
}
