import type { Context } from './context.ts';
import { usageError } from './usage.ts';

/** Bytes; no password or token is as long. */
const maxLength = 65_536;

/** The password from standard input, without the line end that `echo` puts there. */
export async function readPassword(context: Pick<Context, 'stdin' | 'signal'>): Promise<string> {
  const password = (await readStandardInput(context)).replace(/\r?\n$/, '');
  if (password === '') throw usageError('there is no password on standard input');
  return password;
}

/** All of standard input, when that is a password. */
export async function readStandardInput({
  stdin,
  signal,
}: Pick<Context, 'stdin' | 'signal'>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) {
      chunks.push(chunk as Uint8Array);
      length += (chunk as Uint8Array).byteLength;
      if (length > maxLength) throw usageError('standard input is too long for a password');
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks).toString('utf8');
}
