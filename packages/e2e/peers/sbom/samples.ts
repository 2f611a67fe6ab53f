import { fileURLToPath } from 'node:url';
import { output } from '../run.ts';

/** The names of the images that `scripts/corpus.sh sbom` makes. */
export async function samples(): Promise<readonly string[]> {
  const script = fileURLToPath(new URL('../../../../scripts/corpus.sh', import.meta.url));
  return (await output(script, ['--names'])).toString().trim().split(' ');
}
