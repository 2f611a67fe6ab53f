import type { Cataloguer } from '../cataloguer.ts';
import { java } from './java.ts';
import { npm } from './npm.ts';
import { pypi } from './pypi.ts';

/** Packages of programming languages as their installers leave them. */
export const languageCataloguers: readonly Cataloguer[] = [java, npm, pypi];
