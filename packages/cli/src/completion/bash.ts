import { type CompletableVerb, firstWords, secondWords } from './words.ts';

/** A bash completion script. Options and verbs come from the tree; everything else completes file names. */
export function bashCompletion(verbs: readonly CompletableVerb[]): string {
  const firsts = firstWords(verbs);
  const seconds = [...firsts.keys()].flatMap((first) => {
    const words = [...secondWords(verbs, first).keys()];
    return words.length === 0 ? [] : [`    ${first}) words="${words.join(' ')}" ;;`];
  });
  const options = verbs.map(
    (verb) => `    "${verb.name}") words="${verb.options.map((option) => option.long).join(' ')} --help" ;;`,
  );
  const choices = new Map(
    verbs.flatMap((verb) =>
      verb.options
        .filter((option) => option.choices.length > 0)
        .map((option) => [option.long, option.choices]),
    ),
  );
  return `# bash completion for lading; load it with: source <(lading completion bash)
_lading() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} verb=\${COMP_WORDS[1]} words=""
  case "$verb" in
    ${seconds.map((line) => line.trim().split(')')[0]).join('|')}) (( COMP_CWORD > 2 )) && verb="$verb \${COMP_WORDS[2]}" ;;
  esac
  case "$previous" in
${[...choices].map(([long, words]) => `    ${long}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current")); return ;;`).join('\n')}
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
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _lading lading
`;
}
