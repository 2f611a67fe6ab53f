import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { keyPassword } from '../src/key-password.ts';

/** A terminal at which somebody types; `screen` is what shows on it. */
function terminal(...typed: readonly (string | Buffer)[]): {
  readonly stdin: PassThrough;
  readonly stderr: Writable;
  readonly screen: () => string;
  readonly raw: boolean[];
} {
  const raw: boolean[] = [];
  const shown: string[] = [];
  const stdin = new PassThrough();
  Object.assign(stdin, { isTTY: true, setRawMode: (mode: boolean) => void raw.push(mode) });
  for (const piece of typed) stdin.write(piece);
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      shown.push(String(chunk));
      done();
    },
  });
  return { stdin, stderr, screen: () => shown.join(''), raw };
}

const ask = (
  at: ReturnType<typeof terminal>,
  options: { confirm?: boolean; signal?: AbortSignal } = {},
): Promise<string> =>
  keyPassword(
    'cosign.key',
    { env: {}, stdin: at.stdin, stderr: at.stderr, signal: options.signal ?? new AbortController().signal },
    options,
  );

describe('a password that is asked for', () => {
  test('does not show, and the terminal is as before afterwards', async () => {
    const at = terminal('se', 'cret\r');
    expect(await ask(at)).toBe('secret');
    expect(at.screen()).toBe('Password for cosign.key: \n');
    expect(at.raw).toEqual([true, false]);
    expect(at.stdin.isPaused()).toBe(true);
  });

  test('is asked for twice when it is new', async () => {
    const at = terminal('secret\r', 'secret\r');
    expect(await ask(at, { confirm: true })).toBe('secret');
    expect(at.screen()).toBe('Password for cosign.key: \nThe same once more: \n');
    expect(await ask(terminal('secret\r\nsecret\r\n'), { confirm: true })).toBe('secret');
    await expect(ask(terminal('secret\r', 'secrte\r'), { confirm: true })).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_PASSWORD',
      message: 'the two passwords are not the same',
    });
  });

  test.each<[string, string | Buffer, string]>([
    ['nothing', '\r', ''],
    ['backspaces, more than there are letters', 'ab\u007f\u007f\u007fcd\b\r', 'c'],
    ['letters of several bytes', 'па🔑x\u007f\u007f\r', 'па'],
    ['Ctrl-U', 'wrong\u0015right\r', 'right'],
    ['other control characters', 'a\u0001\tb\r', 'ab'],
    ['Ctrl-D behind letters', 'abc\u0004', 'abc'],
  ])('takes %s', async (_what, typed, expected) => {
    expect(await ask(terminal(typed))).toBe(expected);
  });

  test('takes a letter that comes in two pieces, and no arrows', async () => {
    const at = terminal();
    const answer = ask(at);
    const letter = Buffer.from('п');
    for (const piece of ['a', '\u001b[D', letter.subarray(0, 1), letter.subarray(1), '\r']) {
      at.stdin.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toBe('aп');
  });

  test.each([
    ['Ctrl-C', 'abc\u0003', 'ERR_LADING_INTERRUPTED'],
    ['Ctrl-D at once', '\u0004', 'ERR_LADING_KEY_PASSWORD'],
  ])('%s ends it', async (_what, typed, code) => {
    const at = terminal(typed);
    await expect(ask(at)).rejects.toMatchObject({ code });
    expect(at.raw).toEqual([true, false]);
  });

  test('a terminal that goes away, and a signal, end it', async () => {
    const gone = terminal('abc');
    gone.stdin.end();
    await expect(ask(gone)).rejects.toMatchObject({ code: 'ERR_LADING_KEY_PASSWORD' });
    const abort = new AbortController();
    const at = terminal();
    const answer = ask(at, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect(at.raw).toEqual([true, false]);
  });
});
