import { type CompletableVerb, firstWords, secondWords } from './words.ts';

/** A bash completion script. Options and verbs come from the tree; everything else completes file names. */
export function bashCompletion(verbs: readonly CompletableVerb[]): string {
  const firsts = firstWords(verbs);
  const seconds = [...firsts.keys()].flatMap((first) => {
    const words = [...secondWords(verbs, first).keys()];
    if (words.length === 0) return [];
    // `lading sbom` takes an image as well as a second word.
    const files = verbs.some(({ name }) => name === first) ? ' files=1' : '';
    return [`    ${first}) words="${words.join(' ')}"${files} ;;`];
  });
  const pairs = verbs.flatMap(({ name }) => (name.includes(' ') ? [`"${name}"`] : []));
  const options = verbs.map(
    (verb) => `    "${verb.name}") words="${verb.options.map((option) => option.long).join(' ')} --help" ;;`,
  );
  // By verb and option: --output is a file here and a format there.
  const choices = Map.groupBy(
    verbs.flatMap((verb) =>
      verb.options
        .filter((option) => option.choices.length > 0)
        .map((option) => ({ place: `"${verb.name} ${option.long}"`, words: option.choices.join(' ') })),
    ),
    ({ words }) => words,
  );
  return `# bash completion for lading; load it with: source <(lading completion bash)
_lading() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} verb=\${COMP_WORDS[1]} words="" files=""
  (( COMP_CWORD > 2 )) && case "$verb \${COMP_WORDS[2]}" in
    ${pairs.join('|')}) verb="$verb \${COMP_WORDS[2]}" ;;
  esac
  case "$verb $previous" in
${[...choices].map(([words, places]) => `    ${places.map(({ place }) => place).join('|')}) COMPREPLY=($(compgen -W "${words}" -- "$current")); return ;;`).join('\n')}
  esac
  if (( COMP_CWORD == 1 )); then
    words="${[...firsts.keys()].join(' ')} --help --version"
  elif [[ $current == -* ]]; then
    case "$verb" in
${options.join('\n')}
    esac
  else
    case "$verb" in
${seconds.join('\n')}
    completion) words="bash zsh fish" ;;
    esac
  fi
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current") \${files:+$(compgen -f -- "$current")})
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _lading lading
`;
}
