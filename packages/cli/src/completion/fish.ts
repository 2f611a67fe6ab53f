import { type CompletableVerb, firstWords, secondWords } from './words.ts';

/** A fish completion script. */
export function fishCompletion(verbs: readonly CompletableVerb[]): string {
  const lines = ['# fish completion for lading; keep it as ~/.config/fish/completions/lading.fish'];
  for (const [word, what] of firstWords(verbs)) {
    lines.push(`complete -c lading -n __fish_use_subcommand -f -a ${quote(word)} -d ${quote(what)}`);
    const seconds = secondWords(verbs, word);
    const none = `not __fish_seen_subcommand_from ${[...seconds.keys()].join(' ')}`;
    for (const [second, whatSecond] of seconds) {
      lines.push(
        `complete -c lading -n ${quote(`__fish_seen_subcommand_from ${word}; and ${none}`)} -f -a ${quote(second)} -d ${quote(whatSecond)}`,
      );
    }
  }
  for (const verb of verbs) {
    const seen = verb.name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    for (const { short, long, description, takesValue, choices } of verb.options) {
      const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : '';
      const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
      lines.push(
        `complete -c lading -n ${quote(seen)}${letter} -l ${long.slice(2)}${value} -d ${quote(description)}`,
      );
    }
  }
  lines.push(`complete -c lading -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'`, '');
  return lines.join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
