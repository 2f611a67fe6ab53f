import { predicateTypeNames, predicateTypeOf } from '@lading/sign';
import type { Options } from './options.ts';
import { usageError } from './usage.ts';

/**
 * The type of attestation that `--type` names, as a URI; nothing when it names none.
 * @throws {LadingError} `ERR_LADING_USAGE`
 */
export function predicateTypeByOptions({ type }: Pick<Options, 'type'>): string | undefined {
  if (type === undefined) return undefined;
  const uri = predicateTypeOf(type);
  if (uri !== undefined) return uri;
  throw usageError(
    `${JSON.stringify(type)} is no type of attestation`,
    `A type is a URI or one of ${predicateTypeNames.join(', ')}.`,
  );
}
