import { resolve } from 'node:path';
import { type Config, loadConfig } from '@lading/config';
import type { Invocation } from './verb.ts';

/** The parts of config.yaml that this version carries out. */
const supported = ['registries', 'sync', 'sync.verify', 'sign', 'sbom', 'tools'];

/** The path of the configuration as it is shown: what `--config` says, else config.yaml. */
export function configFile({ options }: Pick<Invocation, 'options'>): string {
  return options.config ?? 'config.yaml';
}

/** Loads the configuration that the command line names; notices of what has no effect yet go to stderr. */
export async function loadConfiguration({ options, context, output }: Invocation): Promise<Config> {
  const file = configFile({ options });
  return loadConfig(resolve(context.cwd, file), {
    file,
    env: context.env,
    signal: context.signal,
    supported,
    onNotice({ message, position }) {
      output.say(`${position === undefined ? '' : `${file}:${position.line}: `}${message}`);
    },
  });
}
