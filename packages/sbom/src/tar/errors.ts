import { LadingError } from '@lading/oci';

/** What is wrong with an archive. */
export type TarProblem =
  /** A header whose checksum or numbers do not hold, or one that follows a single block of zeros. */
  | 'header'
  /** The archive ends within an entry. */
  | 'truncated'
  /** A name, a pax header or a map of a sparse file is larger than Go's archive/tar takes. */
  | 'too-long'
  /** A sparse file whose map does not fit its data. */
  | 'sparse';

/** An archive that cannot be read on: `ERR_LADING_TAR`. What came before the position was read well. */
export class TarError extends LadingError<'ERR_LADING_TAR'> {
  readonly problem: TarProblem;
  /** The offset of the entry's header in the archive. Bytes. */
  readonly position: number;

  constructor(problem: TarProblem, what: string, position: number) {
    super('ERR_LADING_TAR', `the archive is damaged at byte ${position}: ${what}`);
    this.name = 'TarError';
    this.problem = problem;
    this.position = position;
  }
}
