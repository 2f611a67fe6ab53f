import type { Cataloguer } from '../cataloguer.ts';
import { composer } from './composer.ts';
import { conda } from './conda.ts';
import { dotnet } from './dotnet.ts';
import { gem } from './gem.ts';
import { java } from './java.ts';
import { npm } from './npm.ts';
import { pypi } from './pypi.ts';

/** Packages of programming languages as their installers leave them. */
export const languageCataloguers: readonly Cataloguer[] = [composer, conda, dotnet, gem, java, npm, pypi];
