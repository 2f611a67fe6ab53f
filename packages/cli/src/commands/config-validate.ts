import { configFile, loadConfiguration } from '../configuration.ts';
import { exitCodes } from '../exit-codes.ts';
import { count } from '../render/quantities.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { output } = invocation;
  const file = configFile(invocation);
  const config = await loadConfiguration(invocation);
  output.document({ file, valid: true, sync: config.sync.length, build: config.build.length });
  const entries = [
    count(config.sync.length, 'entry to sync', 'entries to sync'),
    ...(config.build.length > 0 ? [count(config.build.length, 'image to build', 'images to build')] : []),
  ];
  output.result(`${output.paintResult('good', '✓')} ${file}: ${entries.join(', ')}`);
  return exitCodes.ok;
};
