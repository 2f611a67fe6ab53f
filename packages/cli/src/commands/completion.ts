import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completableVerbs } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { exitCodes } from '../exit-codes.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';
import { verbGroups } from '../verbs/index.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const run: Run = async ({ args, output }) => {
  const shell = args[0] ?? '';
  const script = Object.hasOwn(shells, shell) ? shells[shell as keyof typeof shells] : undefined;
  if (script === undefined) {
    throw usageError(
      `there is no completion for ${JSON.stringify(shell)}`,
      'The shells are bash, zsh and fish.',
    );
  }
  const text = script(completableVerbs(verbGroups));
  output.document({ shell, script: text });
  output.result(text.trimEnd());
  return exitCodes.ok;
};
