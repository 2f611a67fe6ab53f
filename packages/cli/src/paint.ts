import { styleText } from 'node:util';
import type { Context, TextStream } from './context.ts';

/** The few roles that colour plays here. */
export type Role = 'good' | 'bad' | 'change' | 'quiet' | 'strong';

/** Puts a role's colour around text, or gives it back as it is. */
export type Paint = (role: Role, text: string) => string;

const formats = { good: 'green', bad: 'red', change: 'yellow', quiet: 'dim', strong: 'bold' } as const;

const noPaint: Paint = (_role, text) => text;

/** Colours for a stream: on a terminal, unless `--no-color` or `NO_COLOR` (https://no-color.org) or `FORCE_COLOR` say otherwise. */
export function paintFor(context: Pick<Context, 'env'>, stream: TextStream, color: boolean): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = context.env;
  const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : stream.isTTY === true && TERM !== 'dumb';
  if (!color || NO_COLOR || !wanted) return noPaint;
  return (role, text) => styleText(formats[role], text, { validateStream: false });
}
