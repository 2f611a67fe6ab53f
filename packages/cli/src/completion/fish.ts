import { type CompletableVerb, firstWords, secondWords } from './words.ts';

/** A fish completion script. */
export function fishCompletion(verbs: readonly CompletableVerb[]): string {
  const lines = ['# fish completion for lading; keep it as ~/.config/fish/completions/lading.fish'];
  for (const [word, what] of firstWords(verbs)) {
    lines.push(`complete -c lading -n __fish_use_subcommand -f -a ${quote(word)} -d ${quote(what)}`);
    for (const [second, whatSecond] of secondWords(verbs, word)) {
      lines.push(
        `complete -c lading -n ${quote(seen([word], verbs))} -f -a ${quote(second)} -d ${quote(whatSecond)}`,
      );
    }
  }
  for (const verb of verbs) {
    const condition = seen(verb.name.split(' '), verbs);
    for (const { short, long, description, takesValue, choices } of verb.options) {
      const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : '';
      const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
      lines.push(
        `complete -c lading -n ${quote(condition)}${letter} -l ${long.slice(2)}${value} -d ${quote(description)}`,
      );
    }
  }
  lines.push(`complete -c lading -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'`, '');
  return lines.join('\n');
}

/** True when these words were typed, and none that would make another verb of them: `sbom` is not `sbom check` and not `download sbom`. */
function seen(words: readonly string[], verbs: readonly CompletableVerb[]): string {
  const longer = verbs
    .map(({ name }) => name.split(' '))
    .filter((name) => name.length > words.length && words.every((word) => name.includes(word)));
  const others = new Set(longer.flat().filter((word) => !words.includes(word)));
  const typed = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const absent = others.size === 0 ? [] : [`not __fish_seen_subcommand_from ${[...others].join(' ')}`];
  return [...typed, ...absent].join('; and ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
