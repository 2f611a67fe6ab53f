import { LadingError } from '@lading/oci';
import type { Context } from './context.ts';
import { readStandardInput } from './password.ts';
import { isTerminal, promptSecrets } from './prompt.ts';

export interface KeyPasswordOptions {
  /** Asked twice, because a new password that is mistyped loses the key. */
  readonly confirm?: boolean | undefined;
}

/**
 * The password of a private key, which may be empty: `COSIGN_PASSWORD`, else from the terminal without showing it, else standard input.
 * @param name of the key, for people
 * @throws {LadingError} `ERR_LADING_KEY_PASSWORD` when there is none, or the two times differ
 */
export async function keyPassword(
  name: string,
  context: Pick<Context, 'env' | 'stdin' | 'stderr' | 'signal'>,
  { confirm = false }: KeyPasswordOptions = {},
): Promise<string> {
  const { env, stdin } = context;
  if (env.COSIGN_PASSWORD !== undefined) return env.COSIGN_PASSWORD;
  if (!isTerminal(stdin)) {
    const text = await readStandardInput(context);
    // Nothing at all is no password: a job without standard input would get an unprotected key.
    if (text !== '') return text.replace(/\r?\n$/, '');
    throw noPassword(`there is no password for ${name}`);
  }
  const questions = [`Password for ${name}: `, ...(confirm ? ['The same once more: '] : [])];
  const answers = await promptSecrets(stdin, context, questions);
  const [password] = answers;
  if (password === undefined) throw noPassword(`there is no password for ${name}`);
  if (answers.some((answer) => answer !== password)) throw noPassword('the two passwords are not the same');
  return password;
}

function noPassword(message: string): LadingError<'ERR_LADING_KEY_PASSWORD'> {
  return new LadingError('ERR_LADING_KEY_PASSWORD', message, {
    hint: 'Set COSIGN_PASSWORD (it may be empty), or give the password on standard input.',
  });
}
