import { isAbsolute, join } from 'node:path';
import type { Context } from './context.ts';

/** The user's cache of lading. A relative `XDG_CACHE_HOME` does not count (XDG Base Directory Specification). */
export function cacheFolder({ env, home }: Pick<Context, 'env' | 'home'>): string {
  const { XDG_CACHE_HOME: named = '' } = env;
  return join(isAbsolute(named) ? named : join(home, '.cache'), 'lading');
}
