import { stringify } from 'yaml';
import { loadConfiguration } from '../configuration.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  // Through JSON: that is where secrets become [redacted] and absent values disappear.
  const config = JSON.parse(JSON.stringify(await loadConfiguration(invocation))) as object;
  invocation.output.document({ config });
  invocation.output.result(stringify(config, { lineWidth: 0 }).trimEnd());
  return exitCodes.ok;
};
