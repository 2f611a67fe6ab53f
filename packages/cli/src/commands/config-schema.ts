import { configJsonSchema } from '@lading/config';
import { exitCodes } from '../exit-codes.ts';
import type { Run } from '../verb.ts';

export const run: Run = async ({ output, options }) => {
  const schema = configJsonSchema();
  // The schema is JSON either way; --json adds the envelope that all documents have.
  if (options.json) output.document({ schema });
  else output.result(JSON.stringify(schema, null, 2));
  return exitCodes.ok;
};
