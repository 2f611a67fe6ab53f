import { type CompletableOption, type CompletableVerb, firstWords, secondWords } from './words.ts';

/** A zsh completion script. */
export function zshCompletion(verbs: readonly CompletableVerb[]): string {
  const firsts = firstWords(verbs);
  const seconds = [...firsts.keys()].filter((first) => secondWords(verbs, first).size > 0);
  const cases = verbs.map(
    (verb) =>
      `    ${quote(verb.name)}) _arguments ${verb.options.map(argument).join(' ')} '*:file:_files' ;;`,
  );
  return `#compdef lading
# zsh completion for lading; load it with: source <(lading completion zsh)
_lading() {
  local verb=$words[2]
  if (( CURRENT == 2 )); then
    local -a verbs=(${described(firsts)})
    _describe 'command' verbs
    return
  fi
${seconds
  .map(
    (first) => `  if [[ $verb == ${first} ]]; then
    if (( CURRENT == 3 )); then
      local -a verbs=(${described(secondWords(verbs, first))})
      _describe 'command' verbs${verbs.some(({ name }) => name === first) ? '\n      _files' : ''}
      return
    fi
    case $words[3] in
      ${[...secondWords(verbs, first).keys()].join('|')}) verb="$verb $words[3]"; shift words; (( CURRENT-- )) ;;
    esac
  fi`,
  )
  .join('\n')}
  shift words; (( CURRENT-- ))
  case "$verb" in
    completion) _values 'shell' bash zsh fish ;;
${cases.filter((line) => !line.includes("'completion')")).join('\n')}
  esac
}
compdef _lading lading
`;
}

function described(words: ReadonlyMap<string, string>): string {
  return [...words].map(([word, what]) => quote(`${word}:${what}`)).join(' ');
}

function argument({ long, description, takesValue, choices }: CompletableOption): string {
  const what = `[${description.replace(/[[\]:]/g, '')}]`;
  const value = choices.length > 0 ? `:value:(${choices.join(' ')})` : ':value:_files';
  return quote(`${long}${what}${takesValue ? value : ''}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
