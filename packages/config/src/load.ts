import { createReadStream } from 'node:fs';
import { ConfigError } from './issue.ts';
import { type ConfigNotice, configNotices } from './notices.ts';
import { maxConfigSize, type ParseConfigOptions, parseConfig } from './parse.ts';
import type { Config } from './types.ts';

export interface LoadConfigOptions extends ParseConfigOptions {
  /** What the caller can carry out; a set key beyond it gives a notice. See `configNotices`. Default: everything. */
  readonly supported?: readonly string[] | undefined;
  /** Told once for every key that has no effect. */
  readonly onNotice?: ((notice: ConfigNotice) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a `config.yaml`.
 * @throws {ConfigError} `ERR_LADING_CONFIG`: the file is missing, unreadable, too large, or wrong; all issues at once.
 */
export async function loadConfig(path: string, options: LoadConfigOptions = {}): Promise<Config> {
  const config = parseConfig(await readText(path, options), { env: options.env, file: options.file ?? path });
  if (options.onNotice !== undefined && options.supported !== undefined) {
    for (const notice of configNotices(config, options.supported)) options.onNotice(notice);
  }
  return config;
}

/** Bounded also for what has no size of its own, such as a pipe. */
async function readText(path: string, { signal, file = path }: LoadConfigOptions): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for await (const chunk of createReadStream(path, { signal })) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > maxConfigSize) break;
    }
    return text + decoder.decode();
  } catch (cause) {
    signal?.throwIfAborted();
    const { code } = cause as { readonly code?: string };
    if (code === 'ENOENT') {
      throw new ConfigError(`there is no file ${file}`, {
        cause,
        hint: 'Name the config with --config FILE, or start one with "sync:" and a list of source and destination.',
      });
    }
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new ConfigError(`${file} is not UTF-8 text`, { cause });
    throw new ConfigError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
