import { resolve } from 'node:path';

/** As it was typed where that is the same file, so that messages say what was typed. */
export function pathFrom(cwd: string, path: string): string {
  const whole = resolve(cwd, path);
  return resolve(path) === whole ? path : whole;
}
