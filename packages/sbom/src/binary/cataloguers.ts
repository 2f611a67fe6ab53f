import type { Cataloguer } from '../cataloguer.ts';
import { binary } from './binary.ts';
import { elfNote } from './elf-note.ts';
import { go } from './go.ts';
import { rust } from './rust.ts';

/** What programs tell of themselves. */
export const binaryCataloguers: readonly Cataloguer[] = [go, rust, binary, elfNote];
